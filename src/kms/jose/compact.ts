import type { Algorithm } from './algorithms.ts';
import { base64urlLength, decodeBase64url } from './base64url.ts';

/** Every header parameter that we ever read; anything else (`zip`, `crit`, `jwk`, `jku`, `p2c`, …) is refused unread. */
const JWE_PARAMETERS: ReadonlySet<string> = new Set(['alg', 'enc', 'kid', 'ctx', 'typ', 'cty']);
const JWS_PARAMETERS: ReadonlySet<string> = new Set(['alg', 'kid', 'typ', 'cty']);

/** A kid is opaque and never longer; ours are UUIDs. */
const MAX_KID = 128;
/** Characters of a protected header; ours take less than 300. */
const MAX_HEADER = 2048;

type Header = Readonly<Record<string, string>>;

/** A compact serialisation whose form is right; nothing in it is proved yet. */
export interface JoseInput {
  readonly text: string;
  readonly kid: string;
  readonly header: Header;
}

const readHeader = (segment: string, allowed: ReadonlySet<string>): Header | null => {
  if (segment.length > MAX_HEADER) return null;
  const bytes = decodeBase64url(segment);
  if (!bytes) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, string] => allowed.has(entry[0]) && typeof entry[1] === 'string')) return null;
  return Object.fromEntries(entries);
};

const read = (text: string, segmentBytes: readonly (number | 'any')[], allowed: ReadonlySet<string>, fixed: Header): JoseInput | null => {
  const [protectedHeader = '', ...rest] = text.split('.');
  if (rest.length !== segmentBytes.length) return null;
  const wellFormed = rest.every((segment, index) => {
    const bytes = segmentBytes[index];
    return (bytes === 'any' || segment.length === base64urlLength(bytes ?? 0)) && decodeBase64url(segment) !== null;
  });
  if (!wellFormed) return null;
  const header = readHeader(protectedHeader, allowed);
  if (!header || !Object.entries(fixed).every(([name, value]) => header[name] === value)) return null;
  const kid = header['kid'];
  if (kid === undefined || kid === '' || kid.length > MAX_KID) return null;
  return { text, kid, header };
};

/**
 * Reads a compact JWE for a key of this algorithm: five canonical base64url segments of the right lengths, only known
 * header parameters, `alg` and `enc` those of the key (RFC 8725 section 3.1). Null when anything differs.
 *
 * @see RFC 7516 section 5.2
 */
export const readJwe = (text: string, { jose }: Algorithm): JoseInput | null =>
  jose.kind === 'jwe'
    ? read(text, [jose.encryptedKeyBytes, jose.ivBytes, 'any', jose.tagBytes], JWE_PARAMETERS, { alg: jose.alg, enc: jose.enc })
    : null;

/**
 * Reads a compact JWS for a key of this algorithm, with the same care.
 *
 * @see RFC 7515 section 5.2
 */
export const readJws = (text: string, { jose }: Algorithm): JoseInput | null =>
  jose.kind === 'jws' ? read(text, ['any', jose.signatureBytes], JWS_PARAMETERS, { alg: jose.alg }) : null;
