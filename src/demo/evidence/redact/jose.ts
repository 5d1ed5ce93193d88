import { jsonObject } from '#infra/json/json-object.ts';
import type { Digests } from './digests.ts';

/** The object of a part of a compact JOSE object; null for any other text. */
const objectIn = (part: string): Readonly<Record<string, unknown>> | null => jsonObject(Buffer.from(part, 'base64url').toString('utf8'));

/** A protected header: it says no more than an algorithm and whose key. */
const headerOf = (part: string): Readonly<Record<string, unknown>> | null => {
  const value = objectIn(part);
  return value !== null && ('alg' in value || 'enc' in value) ? value : null;
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
const isClaims = (part: string): boolean => 'iss' in (objectIn(part) ?? {});
