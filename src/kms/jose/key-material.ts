import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Algorithm } from './algorithm.ts';
import { viewOf } from './encoding/base64url.ts';
import { isLength, lengthOf } from './families/key-type.ts';

/** Fills so many bytes with random ones. */
export type RandomBytes = (length: number) => Uint8Array;

/** Public part of a key pair. @see RFC 7517 section 4, RFC 7518 sections 6.2.1 and 6.3.1, RFC 8037 section 2, RFC 9964 section 3 */
export interface PublicJwk {
  kty: string;
  crv?: string;
  x?: string;
  y?: string;
  n?: string;
  e?: string;
  pub?: string;
  /** The material key's id. */
  kid: string;
  /** It has neither `alg` nor `use` where the key signs bytes: no verifier of JWS may take it. */
  alg?: string;
  use?: 'sig' | 'enc';
}

/** Members of a public key, in the order of the JWK; `key_ops` is none of them, because no value of it suits every library. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'pub'] as const;

/**
 * A material key ready for use: the key that protects (seals, signs) and the one that processes (opens, verifies), in the words of
 * NIST SP 800-57 part 1. They are one key in a symmetric algorithm and the two halves of a key pair in another.
 */
export interface KeyMaterial {
  readonly protecting: KeyObject;
  readonly processing: KeyObject;
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
  const { privateKey } = await key.generate();
  return privateKey.export({ format: 'der', type: 'pkcs8' });
};

const publicJwkOf = (publicKey: KeyObject, { kid, algorithm }: { kid: string; algorithm: Algorithm }): PublicJwk => {
  const jwk = { ...publicKey.export({ format: 'jwk' }) } as Readonly<Record<string, unknown>>;
  const members = PUBLIC_MEMBERS.flatMap((member) => (jwk[member] === undefined ? [] : [[member, jwk[member]]]));
  const { kty, ...point } = Object.fromEntries(members) as Omit<PublicJwk, 'kid' | 'alg' | 'use'>;
  if (algorithm.jose.kind === 'bytes') return { kty, ...point, kid };
  return { kty, ...point, kid, alg: algorithm.jose.header.alg, use: algorithm.use === 'sign' ? 'sig' : 'enc' };
};

/**
 * Makes a secret usable; the public key comes from the secret itself and from nowhere else.
 *
 * @throws TypeError for a secret of another kind or size than the algorithm's
 */
export const importSecret = (algorithm: Algorithm, kid: string, secret: Uint8Array): KeyMaterial => {
  const { key } = algorithm;
  if (key.kind === 'symmetric') {
    if (!isLength(key, secret.length)) throw new TypeError(`a key of ${algorithm.base} has ${lengthOf(key)}, not ${secret.length}`);
    const secretKey = createSecretKey(secret);
    return { protecting: secretKey, processing: secretKey, publicJwk: null };
  }
  const privateKey = createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' });
  if (!key.includes(privateKey)) throw new TypeError(`a private key of another kind or size is no key of ${algorithm.base}`);
  const publicKey = createPublicKey(privateKey);
  const [protecting, processing] = key.protects === 'private' ? [privateKey, publicKey] : [publicKey, privateKey];
  return { protecting, processing, publicJwk: publicJwkOf(publicKey, { kid, algorithm }) };
};
