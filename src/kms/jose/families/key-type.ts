import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/** Sizes of an RSA key, in bits; the first is taken where a caller names none. @see NIST SP 800-57 part 1, section 5.6.1: 128 bits of strength */
export const RSA_SIZES = [3072, 2048, 4096] as const;
export type RsaSize = (typeof RSA_SIZES)[number];

/** Curves of a key pair, by their names in a JWK. @see RFC 7518 section 6.2.1.1, RFC 8037 section 2 */
export type Curve = 'P-256' | 'P-384' | 'P-521' | 'X25519' | 'Ed25519';

/** A kind of key: all that making and importing one takes. */
export type KeyType = SymmetricKey | KeyPair;

export interface SymmetricKey {
  readonly kind: 'symmetric';
  /** Of a key that is made here, and the least of any. */
  readonly bytes: number;
  /** Of one that was made elsewhere, at most; absent where every key has the same length. */
  readonly maxBytes?: number;
}

/** Whether a symmetric key can have so many bytes. */
export const isLength = ({ bytes, maxBytes = bytes }: SymmetricKey, length: number): boolean => length >= bytes && length <= maxBytes;

/** The length of a symmetric key in words. */
export const lengthOf = ({ bytes, maxBytes }: SymmetricKey): string =>
  maxBytes === undefined ? `${bytes} bytes` : `${bytes} to ${maxBytes} bytes`;

export interface KeyPair {
  readonly kind: 'pair';
  /** The half that seals or signs; the other opens or verifies. */
  readonly protects: 'private' | 'public';
  /** Bits of an RSA key; null for another one. */
  readonly size: RsaSize | null;
  /** Null for a key that is on none. */
  readonly curve: Curve | null;
  generate(): Promise<{ readonly privateKey: KeyObject }>;
  /** Whether a private key is of this kind and size. */
  includes(key: KeyObject): boolean;
}

type Halves = Pick<KeyPair, 'protects'>;

const OPENSSL_NAMES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const;

/** @see RFC 7518 section 6.2 */
export const ecPair = (curve: keyof typeof OPENSSL_NAMES, { protects }: Halves): KeyPair => ({
  kind: 'pair',
  protects,
  size: null,
  curve,
  generate: () => generate('ec', { namedCurve: curve }),
  includes: ({ asymmetricKeyType, asymmetricKeyDetails }) =>
    asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === OPENSSL_NAMES[curve],
});

/** @see RFC 8037 section 2 */
export const okpPair = (curve: 'X25519' | 'Ed25519', { protects }: Halves): KeyPair => {
  const type = curve === 'X25519' ? 'x25519' : 'ed25519';
  return {
    kind: 'pair',
    protects,
    size: null,
    curve,
    // Two calls, because the types of Node have an overload for each.
    generate: () => (type === 'x25519' ? generate('x25519') : generate('ed25519')),
    includes: ({ asymmetricKeyType }) => asymmetricKeyType === type,
  };
};

/** @see RFC 7518 section 6.3 */
export const rsaPair = (size: RsaSize, { protects }: Halves): KeyPair => ({
  kind: 'pair',
  protects,
  size,
  curve: null,
  generate: () => generate('rsa', { modulusLength: size, publicExponent: 65_537 }),
  includes: ({ asymmetricKeyType, asymmetricKeyDetails }) => asymmetricKeyType === 'rsa' && asymmetricKeyDetails?.modulusLength === size,
});

/** Its PKCS#8 holds the seed of 32 bytes. @see FIPS 204 section 5.1, RFC 9964 */
export const mlDsaPair = (type: 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'): KeyPair => ({
  kind: 'pair',
  protects: 'private',
  size: null,
  curve: null,
  generate: () => generate(type as 'ml-dsa-44'),
  includes: ({ asymmetricKeyType }) => (asymmetricKeyType as string) === type,
});
