import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { ContentEncryption, ContentEncryptionInput } from './content-encryption.ts';

/** The bits of the authenticated data, as a number of 64 bits. */
const lengthOf = (aad: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(aad.length) * 8n);
  return length;
};

/** AES in CBC mode with HMAC: the first half of its key authenticates, the second encrypts. @see RFC 7518 section 5.2 */
export const aesCbcHmac = (bits: 128 | 192 | 256): ContentEncryption => {
  const [half, cipherName, hash] = [bits / 8, `aes-${bits}-cbc`, `sha${bits * 2}`];
  const tagOf = ({ key, iv, aad }: ContentEncryptionInput, ciphertext: Uint8Array): Uint8Array =>
    createHmac(hash, key.subarray(0, half)).update(aad).update(iv).update(ciphertext).update(lengthOf(aad)).digest().subarray(0, half);
  return {
    keyBytes: 2 * half,
    ivBytes: 16,
    tagBytes: half,
    protectionLimit: null,
    summary: `AES-${bits}-CBC content encryption with HMAC-SHA-${bits * 2}`,
    encrypt: (input, plaintext) => {
      const cipher = createCipheriv(cipherName, input.key.subarray(half), input.iv);
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
      return { ciphertext, tag: tagOf(input, ciphertext) };
    },
    decrypt: (input, { ciphertext, tag }) => {
      // Nothing is decrypted before the tag is right, so that nobody learns from the padding.
      if (!timingSafeEqual(tagOf(input, ciphertext), tag)) return null;
      const decipher = createDecipheriv(cipherName, input.key.subarray(half), input.iv);
      const plaintext = new Uint8Array(ciphertext.length);
      try {
        const start = decipher.update(ciphertext);
        plaintext.set(start);
        const end = decipher.final();
        plaintext.set(end, start.length);
        const length = start.length + end.length;
        start.fill(0);
        end.fill(0);
        return plaintext.subarray(0, length);
      } catch {
        return null;
      }
    },
  };
};
