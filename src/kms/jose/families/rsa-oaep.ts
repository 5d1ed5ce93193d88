import { constants, publicEncrypt, randomBytes } from 'node:crypto';
import type { KeyManagement } from './key-management.ts';
import { type RsaSize, rsaPair } from './key-type.ts';

/** RSAES-OAEP, MGF1 with the same hash. SHA-1, the default of RSA-OAEP, is not offered. @see RFC 7518 section 4.3, RFC 8017 section 7.1 */
export const rsaOaep =
  (size: RsaSize, hashBits: 256 | 384 | 512): KeyManagement =>
  ({ keyBytes }) => ({
    key: rsaPair(size, { protects: 'public' }),
    encryptedKeyBytes: size / 8,
    parameters: {},
    protectionLimit: null,
    summary: `RSA-OAEP with SHA-${hashBits}`,
    contentKey: `encrypted by RSA-OAEP with SHA-${hashBits}`,
    protect: (key) => {
      const contentKey = randomBytes(keyBytes);
      const encryptedKey = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: `sha${hashBits}` }, contentKey);
      return { contentKey, encryptedKey, parameters: {} };
    },
    /** A private operation takes milliseconds: it runs in the thread pool, which Node offers by Web Cryptography only. */
    process: async (key, { encryptedKey }) => {
      const bytes = Uint8Array.from(encryptedKey);
      const privateKey = key.toCryptoKey({ name: 'RSA-OAEP', hash: `SHA-${hashBits}` }, false, ['decrypt']);
      try {
        const contentKey = new Uint8Array(await crypto.subtle.decrypt('RSA-OAEP', privateKey, bytes));
        if (contentKey.length === keyBytes) return contentKey;
        contentKey.fill(0);
        return null;
      } catch {
        return null;
      }
    },
  });
