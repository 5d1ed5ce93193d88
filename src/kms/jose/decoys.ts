import type { Algorithm } from './algorithms.ts';
import { base64urlLength, encodeBase64url } from './base64url.ts';
import type { JoseInput } from './compact.ts';

/**
 * A JWE that no key opens, about as long as the one that was refused: opening it costs what opening one with a wrong tag
 * costs. Without it an unknown kid or a malformed text would be answered sooner.
 */
export const decoyJwe = ({ jose }: Algorithm, characters: number): JoseInput => {
  if (jose.kind !== 'jwe') throw new TypeError('only a key that protects opens a JWE');
  const header = { alg: jose.alg, enc: jose.enc, kid: 'decoy' };
  const [encryptedKey, iv, tag] = [jose.encryptedKeyBytes, jose.ivBytes, jose.tagBytes].map((bytes) => 'A'.repeat(base64urlLength(bytes)));
  const text = [encodeBase64url(JSON.stringify(header)), encryptedKey, iv, 'A'.repeat(Math.ceil(characters / 4) * 4), tag].join('.');
  return { text, kid: header.kid, header };
};

/** The same for a JWS; every byte of its signature is 1, which no early check of ECDSA or EdDSA refuses. */
export const decoyJws = ({ jose }: Algorithm, characters: number): JoseInput => {
  if (jose.kind !== 'jws') throw new TypeError('only a key that signs verifies a JWS');
  const header = { alg: jose.alg, kid: 'decoy' };
  const signature = encodeBase64url(new Uint8Array(jose.signatureBytes).fill(1));
  const text = [encodeBase64url(JSON.stringify(header)), 'A'.repeat(Math.ceil(characters / 4) * 4), signature].join('.');
  return { text, kid: header.kid, header };
};
