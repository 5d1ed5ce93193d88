import type { KeyObject } from 'node:crypto';
import type { Algorithm } from '../algorithm.ts';
import type { KeyMaterial } from '../key-material.ts';
import type { KeyFormat } from '../received/receive-key.ts';

/** @see RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2, RFC 9964 section 3 */
const jwkOf = (secret: KeyObject, kid: string, { jose, use }: Algorithm): object => {
  const { alg: _own, ...members } = { ...secret.export({ format: 'jwk' }) } as Readonly<Record<string, unknown>>;
  // RFC 9964 wants the alg of a key of ML-DSA, whatever it signs.
  const isAkp = members['kty'] === 'AKP';
  if (jose.kind === 'bytes') return { ...members, kid, ...(isAkp && { alg: jose.header.alg }) };
  // A key that is the content encryption key itself is one of its `enc`.
  const alg = jose.kind === 'jwe' && jose.header.alg === 'dir' ? jose.header.enc : jose.header.alg;
  return { ...members, kid, alg, use: use === 'sign' ? 'sig' : 'enc' };
};

/**
 * The secret or private key of a version, as it travels.
 *
 * @returns bytes, which the caller zeroes; null where a key of the algorithm has no such form
 */
export const secretIn = (
  format: KeyFormat,
  algorithm: Algorithm,
  { protecting, processing }: KeyMaterial,
  kid: string,
): Uint8Array | null => {
  const { key } = algorithm;
  const secret = key.kind === 'pair' && key.protects === 'public' ? processing : protecting;
  if (format === 'jwk') return new TextEncoder().encode(JSON.stringify(jwkOf(secret, kid, algorithm)));
  if (format === 'raw') return key.kind === 'symmetric' ? secret.export() : null;
  return key.kind === 'pair' ? secret.export({ format: 'der', type: 'pkcs8' }) : null;
};
