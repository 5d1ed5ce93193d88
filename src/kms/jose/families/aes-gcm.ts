import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { ContentEncryption } from './content-encryption.ts';

const TAG = { authTagLength: 16 };

/** AES in Galois/Counter Mode, its IV random. @see RFC 7518 section 5.3, NIST SP 800-38D section 8.3 */
export const aesGcm = (bits: 128 | 192 | 256): ContentEncryption => ({
  keyBytes: bits / 8,
  ivBytes: 12,
  tagBytes: 16,
  protectionLimit: 2 ** 32,
  summary: `AES-${bits}-GCM content encryption`,
  encrypt: ({ key, iv, aad }, plaintext) => {
    const cipher = createCipheriv(`aes-${bits}-gcm`, key, iv, TAG).setAAD(aad);
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return { ciphertext, tag: cipher.getAuthTag() };
  },
  decrypt: ({ key, iv, aad }, { ciphertext, tag }) => {
    const decipher = createDecipheriv(`aes-${bits}-gcm`, key, iv, TAG).setAAD(aad).setAuthTag(tag);
    const plaintext = decipher.update(ciphertext);
    try {
      decipher.final();
      return plaintext;
    } catch {
      plaintext.fill(0);
      return null;
    }
  },
});
