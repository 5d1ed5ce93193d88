import { MAX_BASIC_LENGTH, MAX_TOKEN_LENGTH } from '#infra/secrets/credential-limits.ts';
import { API_KEY_PREFIX } from '../api-keys/credential/api-key-text.ts';
import type { PeerCertificate } from '../peer-certificate.ts';
import type { Challenges } from '../challenges.ts';

/** The proof of identity that a request brought. */
export type Credential =
  | { readonly kind: 'bearer'; readonly token: string; readonly peer: PeerCertificate | null }
  /** With every header of that name: only one is right. @see RFC 9449 section 7.1 */
  | { readonly kind: 'dpop'; readonly token: string; readonly proofs: readonly string[]; readonly peer: PeerCertificate | null }
  | { readonly kind: 'api-key'; readonly key: string; readonly peer: PeerCertificate | null }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'certificate'; readonly peer: PeerCertificate };

/** The parts of a request that can hold a credential. */
export interface CredentialSource {
  /** Names and values in turns, as they came over the wire: Node keeps only the first Authorization in `headers`. */
  readonly rawHeaders: readonly string[];
  readonly query: Readonly<Record<string, unknown>>;
  readonly peer: PeerCertificate | null;
}

const SCHEME = /^([A-Za-z]+) +([\x21-\x7E]+)$/;
const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/;

/** @param wanted in lower case */
const headersOf = (rawHeaders: readonly string[], wanted: string): string[] =>
  rawHeaders.flatMap((name, index) => (index % 2 === 0 && name.toLowerCase() === wanted ? [rawHeaders[index + 1] ?? ''] : []));

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** "The user-id and password MUST NOT contain any control characters." RFC 7617 section 2 */
const CONTROL = /\p{Cc}/u;

/** @see RFC 7617 section 2 */
const basic = (encoded: string): { readonly username: string; readonly password: string } | null => {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return null;
  try {
    const text = utf8.decode(bytes);
    if (CONTROL.test(text)) return null;
    const colon = text.indexOf(':');
    return colon < 1 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return null;
  }
};

/**
 * The one credential of a request, or null when there is none. A client certificate beside a token is kept with it:
 * only the token can tell whether it is bound to that certificate (RFC 8705).
 *
 * @throws AppError 400 for more than one credential or one that cannot be read, 401 for a scheme that is not known and for a
 *   name and password that are longer than any
 */
export const credentialOf = (source: CredentialSource, challenges: Challenges): Credential | null => {
  // "Clients MUST NOT use more than one method to transmit the token in each request." RFC 6750 section 2
  if (Object.hasOwn(source.query, 'access_token')) throw challenges.invalidRequest('A token in the query is not accepted');
  const [authorization, ...more] = headersOf(source.rawHeaders, 'authorization');
  if (more.length > 0) throw challenges.invalidRequest('There is more than one Authorization header');
  const { peer } = source;
  if (authorization === undefined) return peer === null ? null : { kind: 'certificate', peer };

  const [, scheme, value] = SCHEME.exec(authorization) ?? [];
  if (scheme === undefined || value === undefined) throw challenges.invalidRequest('The Authorization header cannot be read');
  switch (scheme.toLowerCase()) {
    case 'bearer':
      if (value.startsWith(API_KEY_PREFIX)) return { kind: 'api-key', key: value, peer };
      if (value.length > MAX_TOKEN_LENGTH || !TOKEN.test(value)) throw challenges.invalidRequest('The Bearer token cannot be read');
      return { kind: 'bearer', token: value, peer };
    case 'dpop':
      if (value.length > MAX_TOKEN_LENGTH || !TOKEN.test(value)) throw challenges.invalidRequest('The DPoP token cannot be read');
      return { kind: 'dpop', token: value, proofs: headersOf(source.rawHeaders, 'dpop'), peer };
    case 'basic': {
      if (peer !== null) throw challenges.invalidRequest('There is a client certificate beside the Basic credential');
      if (value.length > MAX_BASIC_LENGTH) throw challenges.invalidPassword();
      const pair = basic(value);
      if (pair === null) throw challenges.invalidRequest('The Basic credential cannot be read');
      return { kind: 'basic', ...pair };
    }
    default:
      throw challenges.missing();
  }
};
