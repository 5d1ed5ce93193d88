import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ownBytes } from '../encoding/own-bytes.ts';

const CIPHER = 'id-aes256-wrap-pad';

/** @see RFC 5649 section 3 */
const ALTERNATIVE_IV = Buffer.from('A65959A6', 'hex');

/** AES-256 Key Wrap with Padding, for a key of any length. @see RFC 5649 section 4.1 */
export const wrapPadded = (key: Uint8Array, content: Uint8Array): Uint8Array => {
  const cipher = createCipheriv(CIPHER, key, ALTERNATIVE_IV);
  return Buffer.concat([cipher.update(content), cipher.final()]);
};

/** @returns the content, which the caller zeroes; null where it was wrapped by another key. @see RFC 5649 section 4.2 */
export const unwrapPadded = (key: Uint8Array, wrapped: Uint8Array): Uint8Array | null => {
  // Two blocks of 64 bits at the least; OpenSSL takes an empty input for a part of one.
  if (wrapped.length < 16) return null;
  try {
    const decipher = createDecipheriv(CIPHER, key, ALTERNATIVE_IV);
    return ownBytes(decipher.update(wrapped), decipher.final());
  } catch {
    return null;
  }
};
