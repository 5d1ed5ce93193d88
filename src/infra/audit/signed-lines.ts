import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson, type Json } from './canonical-json.ts';
import type { Ed25519Jwk } from './lines.ts';

/** A key pair that signs lines, with its public part as others get it. */
export interface LineSigner {
  /** RFC 7638 thumbprint of the public key; `key` of the lines that it signs. */
  readonly kid: string;
  readonly publicJwk: Ed25519Jwk;
  /** @returns the line: the members with `key`, and `signature` over their canonical JSON */
  sign(members: { readonly [member: string]: Json }): string;
}

/** @see RFC 7638 */
export const thumbprintOf = ({ crv, kty, x }: Ed25519Jwk): string =>
  createHash('sha256').update(canonicalJson({ crv, kty, x })).digest('base64url');

/** @see RFC 8032: Ed25519 over the bytes themselves */
export const createLineSigner = (privateKey: KeyObject): LineSigner => {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicJwk: Ed25519Jwk = { kty: 'OKP', crv: 'Ed25519', x: x ?? '' };
  const kid = thumbprintOf(publicJwk);
  return {
    kid,
    publicJwk,
    sign: (members) => {
      const signed = { ...members, key: kid };
      const signature = sign(null, Buffer.from(canonicalJson(signed)), privateKey).toString('base64url');
      return canonicalJson({ ...signed, signature });
    },
  };
};

/** Whether a line carries the signature of this key. */
export const isSignedBy = (line: { readonly [member: string]: Json }, jwk: Ed25519Jwk): boolean => {
  const { signature, ...signed } = line;
  if (typeof signature !== 'string' || line['key'] !== thumbprintOf(jwk)) return false;
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  return verify(null, Buffer.from(canonicalJson(signed)), key, Buffer.from(signature, 'base64url'));
};

/** A public key as an export or a file has it; null for anything else. */
export const ed25519JwkOf = (value: unknown): Ed25519Jwk | null => {
  if (typeof value !== 'object' || value === null) return null;
  const { kty, crv, x } = value as Readonly<Record<string, unknown>>;
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x)) return null;
  return { kty, crv, x };
};
