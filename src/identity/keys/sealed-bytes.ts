import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { EncryptionKey } from './encryption-keys.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a fresh random IV: IV, ciphertext, tag.
 *
 * @param aad names the row that the bytes belong to, so that rows cannot be exchanged in the database
 * @see NIST SP 800-38D
 */
export const sealBytes = (plain: string | Uint8Array, { bytes }: EncryptionKey, aad: Buffer): Buffer => {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', bytes, iv, { authTagLength: TAG_BYTES }).setAAD(aad);
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

/** The bytes that were sealed, which the caller overwrites; it throws for another encryption key or a changed row. */
export const openBytes = (sealed: Uint8Array, { bytes }: EncryptionKey, aad: Buffer): Buffer => {
  const tagStart = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', bytes, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(tagStart));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, tagStart)), decipher.final()]);
};
