import type { Algorithm, CompactForm } from './algorithm.ts';
import type { HeaderParameter } from './families/key-management.ts';
import { base64urlLength, decodeBase64url } from './encoding/base64url.ts';

/** A kid is opaque and never longer; ours are UUIDs. */
export const MAX_KID = 128;
/** Characters of a protected header; ours take less than 300. */
export const MAX_HEADER = 2048;

/** A compact serialisation whose form is right; nothing in it is proved yet. */
export interface JoseInput {
  readonly text: string;
  readonly kid: string;
  readonly header: Readonly<Record<string, unknown>>;
  /** The bytes of each segment after the header. */
  readonly segments: readonly Uint8Array[];
}

const isOfType = (value: unknown, type: HeaderParameter['type']): boolean => {
  if (type === 'array') return Array.isArray(value);
  return typeof value === type && value !== null && !Array.isArray(value);
};

const readHeader = (segment: string, parameters: CompactForm['parameters']): JoseInput['header'] | null => {
  if (segment.length > MAX_HEADER) return null;
  const bytes = decodeBase64url(segment);
  if (!bytes) return null;
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  if (!isOfType(header, 'object')) return null;
  const entries = Object.entries(header as object);
  const areKnown = entries.every(([name, value]) => {
    const parameter = parameters.get(name);
    return parameter !== undefined && isOfType(value, parameter.type);
  });
  return areKnown ? Object.fromEntries(entries) : null;
};

const read = (text: string, { header: fixed, parameters, segments }: CompactForm): JoseInput | null => {
  const [protectedHeader = '', ...rest] = text.split('.');
  if (rest.length !== segments.length) return null;
  const isOfLength = rest.every((segment, index) => {
    const bytes = segments[index];
    return bytes === 'any' || segment.length === base64urlLength(bytes ?? 0);
  });
  if (!isOfLength) return null;
  const decoded = rest.map(decodeBase64url);
  if (!decoded.every((bytes) => bytes !== null)) return null;
  const header = readHeader(protectedHeader, parameters);
  if (!header || !Object.entries(fixed).every(([name, value]) => header[name] === value)) return null;
  const { kid } = header;
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID) return null;
  return { text, kid, header, segments: decoded };
};

/**
 * Reads a compact JWE for a key of this algorithm: five canonical base64url segments of the right lengths, only known
 * header parameters, `alg` and `enc` those of the key (RFC 8725 section 3.1). Null when anything differs.
 *
 * @see RFC 7516 section 5.2
 */
export const readJwe = (text: string, { jose }: Algorithm): JoseInput | null => (jose.kind === 'jwe' ? read(text, jose) : null);

/**
 * Reads a compact JWS for a key of this algorithm, with the same care.
 *
 * @see RFC 7515 section 5.2
 */
export const readJws = (text: string, { jose }: Algorithm): JoseInput | null => (jose.kind === 'jws' ? read(text, jose) : null);

/** `b64` and `crit` are both absent, or say together that the payload is signed as it is. @see RFC 7797 section 6 */
const areOfPayload = ({ b64, crit }: JoseInput['header']): boolean => {
  if (b64 === undefined && crit === undefined) return true;
  return b64 === false && Array.isArray(crit) && crit.length === 1 && crit[0] === 'b64';
};

/**
 * Reads a compact JWS whose payload travels apart: its second segment is empty.
 *
 * @see RFC 7515 appendix F, RFC 7797 section 5.2
 */
export const readDetachedJws = (text: string, { jose }: Algorithm): JoseInput | null => {
  if (jose.kind !== 'jws') return null;
  const input = read(text, { ...jose, parameters: jose.detachedParameters });
  return input !== null && input.segments[0]?.length === 0 && areOfPayload(input.header) ? input : null;
};
