import { constants, createHash, type KeyObject, privateEncrypt, publicDecrypt, randomBytes } from 'node:crypto';
import type { RsaSize } from './key-type.ts';
import type { DigestSignature } from './signature.ts';

/**
 * RSA signatures over a digest that the caller made. Node signs messages only, so their encoding stands here; it knows the digest and
 * nothing secret. The operation with the key is OpenSSL's, blinded as that of every signature.
 */

type HashBits = 256 | 384 | 512;

/** The DER of a DigestInfo up to the digest. @see RFC 8017 section 9.2, note 1 */
const DIGEST_INFO = {
  256: Buffer.from('3031300d060960864801650304020105000420', 'hex'),
  384: Buffer.from('3041300d060960864801650304020205000430', 'hex'),
  512: Buffer.from('3051300d060960864801650304020305000440', 'hex'),
} as const satisfies Record<HashBits, Buffer>;

/** RSASP1: the encoded message becomes a signature. @see RFC 8017 section 5.2.1 */
const signedWith = (key: KeyObject, encoded: Uint8Array): Uint8Array => privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encoded);

/** RSAVP1: the encoded message out of a signature; null for one that is not below the modulus. @see RFC 8017 section 5.2.2 */
const encodedIn = (key: KeyObject, signature: Uint8Array): Uint8Array | null => {
  try {
    return publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
  } catch {
    return null;
  }
};

/** @see RFC 8017 section 9.2 */
const pkcs1Encoded = (digest: Uint8Array, bytes: number, hashBits: HashBits): Uint8Array => {
  const end = Buffer.concat([DIGEST_INFO[hashBits], digest]);
  return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(bytes - end.length - 3, 0xff), Buffer.from([0]), end]);
};

/** EMSA-PKCS1-v1_5. A verifier makes the encoded message anew and compares it whole. @see RFC 8017 sections 8.2.2 and 9.2 */
export const pkcs1Digest = (size: RsaSize, hashBits: HashBits): DigestSignature => ({
  bytes: hashBits / 8,
  sign: (key, digest) => signedWith(key, pkcs1Encoded(digest, size / 8, hashBits)),
  verify: (key, digest, signature) => {
    const encoded = encodedIn(key, signature);
    return encoded !== null && Buffer.compare(encoded, pkcs1Encoded(digest, size / 8, hashBits)) === 0;
  },
});

const ZEROS = Buffer.alloc(8);

/** EMSA-PSS with MGF1 of the same hash. All keys have a whole number of bytes, so the first bit of an encoded message is its only spare one. */
const pss = (size: RsaSize, hashBits: HashBits) => {
  const [bytes, hashBytes] = [size / 8, hashBits / 8];
  const maskedBytes = bytes - hashBytes - 1;
  const padding = Buffer.alloc(maskedBytes - hashBytes);
  padding[padding.length - 1] = 1;

  const hashOf = (...parts: readonly Uint8Array[]): Buffer =>
    parts.reduce<ReturnType<typeof createHash>>((hash, part) => hash.update(part), createHash(`sha${hashBits}`)).digest();

  /** The salt behind its padding, masked, or the mask taken off. @see RFC 8017 appendix B.2.1 */
  const masked = (data: Uint8Array, seed: Uint8Array): Buffer => {
    const blocks = Array.from({ length: Math.ceil(maskedBytes / hashBytes) }, (_, count) => {
      const counter = Buffer.alloc(4);
      counter.writeUInt32BE(count);
      return hashOf(seed, counter);
    });
    const mask = Buffer.concat(blocks);
    const made = Buffer.from(data.map((byte, at) => byte ^ (mask[at] ?? 0)));
    made[0] = (made[0] ?? 0) & 0x7f;
    return made;
  };

  return {
    /** @see RFC 8017 section 9.1.1 */
    encode: (digest: Uint8Array): Uint8Array => {
      const salt = randomBytes(hashBytes);
      const hash = hashOf(ZEROS, digest, salt);
      return Buffer.concat([masked(Buffer.concat([padding, salt]), hash), hash, Buffer.from([0xbc])]);
    },
    /** @see RFC 8017 section 9.1.2 */
    isOf: (encoded: Uint8Array, digest: Uint8Array): boolean => {
      const [start, hash] = [encoded.subarray(0, maskedBytes), encoded.subarray(maskedBytes, -1)];
      if (encoded.length !== bytes || encoded.at(-1) !== 0xbc || ((start[0] ?? 0) & 0x80) !== 0) return false;
      const data = masked(start, hash);
      if (Buffer.compare(data.subarray(0, padding.length), padding) !== 0) return false;
      return Buffer.compare(hash, hashOf(ZEROS, digest, data.subarray(padding.length))) === 0;
    },
  };
};

/** EMSA-PSS, its salt as long as its hash. @see RFC 8017 sections 8.1 and 9.1 */
export const pssDigest = (size: RsaSize, hashBits: HashBits): DigestSignature => {
  const { encode, isOf } = pss(size, hashBits);
  return {
    bytes: hashBits / 8,
    sign: (key, digest) => signedWith(key, encode(digest)),
    verify: (key, digest, signature) => {
      const encoded = encodedIn(key, signature);
      return encoded !== null && isOf(encoded, digest);
    },
  };
};
