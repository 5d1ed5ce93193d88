import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';
import { viewOf } from './base64url.ts';
import type { KeyHalf } from './families/key-type.ts';

const { subtle } = crypto;

/** Fills so many bytes with random ones. */
export type RandomBytes = (length: number) => Uint8Array;

/** Public part of a key pair. @see RFC 7517 section 4, RFC 7518 section 6.2.1, RFC 8037 section 2 */
export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y?: string;
  /** The material key's id. */
  kid: string;
  alg: string;
  use: 'sig';
}

/**
 * A material key ready for use: the key that protects (seals, signs) and the one that processes (opens, verifies), in the words of
 * NIST SP 800-57 part 1. They are one key in a symmetric algorithm and the two halves of a key pair in another. Nothing secret in
 * them can be exported.
 */
export interface KeyMaterial {
  readonly protecting: CryptoKey;
  readonly processing: CryptoKey;
  /** Null for a symmetric key. */
  readonly publicJwk: PublicJwk | null;
}

/**
 * Makes the secret of a new material key.
 *
 * @returns raw bytes of a symmetric key, PKCS#8 (RFC 5208) of a key pair; the caller zeroes them after use
 */
export const generateSecret = async ({ key }: Algorithm, random: RandomBytes = randomBytes): Promise<Uint8Array> => {
  if (key.kind === 'symmetric') return random(key.bytes);
  const pair = (await subtle.generateKey(key.parameters, true, [...key.protects.usages, ...key.processes.usages])) as {
    readonly privateKey: CryptoKey;
  };
  return new Uint8Array(await subtle.exportKey('pkcs8', pair.privateKey));
};

/** Makes a secret usable; the public key comes from the secret itself and from nowhere else. */
export const importSecret = async (algorithm: Algorithm, kid: string, secret: Uint8Array): Promise<KeyMaterial> => {
  const { key } = algorithm;
  const bytes = Uint8Array.from(secret);
  try {
    if (key.kind === 'symmetric') {
      const secretKey = await subtle.importKey('raw', bytes, key.parameters, false, key.usages);
      return { protecting: secretKey, processing: secretKey, publicJwk: null };
    }
    const jwk = createPublicKey(createPrivateKey({ key: viewOf(bytes), format: 'der', type: 'pkcs8' })).export({ format: 'jwk' });
    const { kty = '', crv = '', x = '', y } = jwk;
    const imported = ({ half, usages }: KeyHalf): Promise<CryptoKey> =>
      half === 'private'
        ? subtle.importKey('pkcs8', bytes, key.parameters, false, usages)
        : subtle.importKey('jwk', jwk, key.parameters, true, usages);
    return {
      protecting: await imported(key.protects),
      processing: await imported(key.processes),
      publicJwk: { kty, crv, x, ...(y === undefined ? {} : { y }), kid, alg: algorithm.jose.header.alg, use: 'sig' },
    };
  } finally {
    bytes.fill(0);
  }
};
