import { constants, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import { ownBytes } from '../encoding/own-bytes.ts';
import { rsaOaep } from '../families/rsa-oaep.ts';
import type { RsaSize } from '../families/key-type.ts';
import { unwrapPadded, wrapPadded } from './aes-key-wrap-padded.ts';

const AES_BYTES = 32;

/**
 * RSA-OAEP of an AES-256 key that is made for one key alone, and behind it the key, wrapped by it: OAEP with SHA-256, MGF1 with SHA-256
 * and no label, then AES Key Wrap with Padding. HSMs and other key services have it under this name or `CKM_RSA_AES_KEY_WRAP`.
 *
 * @param content 1 byte or more; not changed
 * @see PKCS #11 version 3.1 section 6.1.22, RFC 8017 section 7.1, RFC 5649
 */
export const rsaAesWrap = (key: KeyObject, content: Uint8Array): Uint8Array => {
  const aesKey = randomBytes(AES_BYTES);
  try {
    const oaep = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, aesKey);
    return ownBytes(oaep, wrapPadded(aesKey, content));
  } finally {
    aesKey.fill(0);
  }
};

/**
 * @param size bits of the key
 * @returns the content, which the caller zeroes; null where it was wrapped for another key
 */
export const rsaAesUnwrap = async (key: KeyObject, size: RsaSize, wrapped: Uint8Array): Promise<Uint8Array | null> => {
  const { process } = rsaOaep(size, 256)({ keyBytes: AES_BYTES, enc: 'A256GCM' });
  const carried = await process(key, { encryptedKey: wrapped.subarray(0, size / 8), parameters: {} });
  // A random key in the place of one that is none: both failures look the same, and take as long.
  const aesKey = carried ?? randomBytes(AES_BYTES);
  try {
    return unwrapPadded(aesKey, wrapped.subarray(size / 8));
  } finally {
    aesKey.fill(0);
  }
};
