import { randomBytes } from 'node:crypto';
import { decodeBase64url, encodeBase64url } from '../encoding/base64url.ts';
import { aesGcm } from './aes-gcm.ts';
import type { KeyManagement } from './key-management.ts';

const NO_AAD = new Uint8Array();

/** AES-GCM as key wrap: its IV and its tag stand in the header. @see RFC 7518 section 4.7 */
export const aesGcmKeyWrap = (bits: 128 | 192 | 256): KeyManagement => {
  const { keyBytes: bytes, ivBytes, tagBytes, encrypt, decrypt, protectionLimit } = aesGcm(bits);
  return ({ keyBytes }) => ({
    key: { kind: 'symmetric', bytes },
    encryptedKeyBytes: keyBytes,
    parameters: { iv: { type: 'string', decoy: 'A'.repeat(16) }, tag: { type: 'string', decoy: 'A'.repeat(22) } },
    protectionLimit,
    summary: `AES-${bits}-GCM key wrap`,
    contentKey: `wrapped with AES-${bits}-GCM`,
    protect: (key) => {
      const [contentKey, iv, wrapping] = [randomBytes(keyBytes), randomBytes(ivBytes), key.export()];
      const { ciphertext, tag } = encrypt({ key: wrapping, iv, aad: NO_AAD }, contentKey);
      wrapping.fill(0);
      return { contentKey, encryptedKey: ciphertext, parameters: { iv: encodeBase64url(iv), tag: encodeBase64url(tag) } };
    },
    process: (key, { encryptedKey, parameters }) => {
      const [iv, tag] = [decodeBase64url(String(parameters['iv'])), decodeBase64url(String(parameters['tag']))];
      if (iv?.length !== ivBytes || tag?.length !== tagBytes) return null;
      const wrapping = key.export();
      const contentKey = decrypt({ key: wrapping, iv, aad: NO_AAD }, { ciphertext: encryptedKey, tag });
      wrapping.fill(0);
      return contentKey;
    },
  });
};
