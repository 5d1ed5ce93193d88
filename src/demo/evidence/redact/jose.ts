import type { Digests } from './digests.ts';

/** A protected header that says no more than an algorithm and whose key. */
const headerOf = (part: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) && ('alg' in value || 'enc' in value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    // A text of three or five parts may be anything.
    return null;
  }
};

/** Types of a JWS whose payload is claims about a token, for everybody to read. */
const CLAIMS = /^(at\+jwt|dpop\+jwt|jwt|logout\+jwt|secevent\+jwt|token-introspection\+jwt)$/i;

/**
 * A compact JOSE object with its header, and the claims of a JWT, left readable, and each other part digested; null for any other text. A
 * JWT without its signature is no credential; of a JWE the header alone is for everybody, and of a JWS that is no JWT.
 */
export const redactedJose = (text: string, digests: Digests): string | null => {
  const parts = text.split('.');
  if (parts.length !== 3 && parts.length !== 5) return null;
  const [first = '', ...rest] = parts;
  const header = headerOf(first);
  if (header === null) return null;
  // A secret as a whole too, so that nobody finds it anywhere else; without a signature it never was one.
  if (parts.at(-1) !== '') digests.of(text);
  const showsClaims = parts.length === 3 && (CLAIMS.test(String(header['typ'] ?? '')) || isClaims(rest[0] ?? ''));
  return [first, ...rest.map((part, at) => (part === '' || (at === 0 && showsClaims) ? part : digests.of(part)))].join('.');
};

/** An ID token says no type: its payload is an object that names an issuer. */
const isClaims = (part: string): boolean => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && 'iss' in value;
  } catch {
    // A payload that is no JSON is nobody's claims.
    return false;
  }
};
