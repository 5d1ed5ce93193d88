import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { ownBytes } from '../encoding/own-bytes.ts';
import type { KeyManagement } from './key-management.ts';

export type AesBits = 128 | 192 | 256;

/** @see RFC 3394 section 2.2.3.1 */
const DEFAULT_IV = Buffer.from('A6A6A6A6A6A6A6A6', 'hex');

/** AES Key Wrap. @see RFC 3394 section 2.2.1 */
export const wrapKey = (bits: AesBits, key: KeyObject | Uint8Array, content: Uint8Array): Uint8Array => {
  const cipher = createCipheriv(`id-aes${bits}-wrap`, key, DEFAULT_IV);
  return Buffer.concat([cipher.update(content), cipher.final()]);
};

/** @returns the key, or null where it was wrapped by another key. @see RFC 3394 section 2.2.2 */
export const unwrapKey = (bits: AesBits, key: KeyObject | Uint8Array, wrapped: Uint8Array): Uint8Array | null => {
  try {
    const decipher = createDecipheriv(`id-aes${bits}-wrap`, key, DEFAULT_IV);
    return ownBytes(decipher.update(wrapped), decipher.final());
  } catch {
    return null;
  }
};

/** AES Key Wrap adds eight bytes to the key that it wraps. @see RFC 7518 section 4.4 */
export const aesKeyWrap =
  (bits: AesBits): KeyManagement =>
  ({ keyBytes }) => ({
    key: { kind: 'symmetric', bytes: bits / 8 },
    encryptedKeyBytes: keyBytes + 8,
    parameters: {},
    protectionLimit: null,
    summary: `AES-${bits} key wrap`,
    contentKey: `wrapped with AES-${bits} key wrap`,
    protect: (key) => {
      const contentKey = randomBytes(keyBytes);
      return { contentKey, encryptedKey: wrapKey(bits, key, contentKey), parameters: {} };
    },
    process: (key, { encryptedKey }) => unwrapKey(bits, key, encryptedKey),
  });
