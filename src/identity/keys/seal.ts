import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { AppError } from '#infra/apperr/app-error.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** The row that a sealed key belongs to: bound as associated data, so that rows cannot be exchanged in the database. */
export interface SealedKeyName {
  readonly kid: string;
  readonly alg: string;
}

/** A new encryption key for the secret file: 32 random bytes, base64url. */
export const newEncryptionKey = (): string => randomBytes(KEY_BYTES).toString('base64url');

/**
 * Reads the encryption key of the signing keys as it stands in its secret file.
 *
 * @throws AppError `signing-key-encryption-invalid` when it is not 32 bytes of base64url
 */
export const parseEncryptionKey = (text: string): Uint8Array => {
  const key = Buffer.from(text, 'base64url');
  if (key.length !== KEY_BYTES || key.toString('base64url') !== text) {
    throw new AppError('signing-key-encryption-invalid', 500, 'The encryption key of the signing keys is not 32 bytes of base64url.', {
      fix: 'Restore the secret file `secrets.signing_key_encryption_file`, or write 32 random bytes as base64url for a new database.',
    });
  }
  return key;
};

const associatedData = ({ kid, alg }: SealedKeyName): Buffer => Buffer.from(JSON.stringify(['passthru-identity-signing-key', kid, alg]));

/** AES-256-GCM with a fresh random IV. @returns IV, ciphertext, tag @see NIST SP 800-38D */
export const sealKey = (jwk: JWK, name: SealedKeyName, encryptionKey: Uint8Array): Uint8Array => {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryptionKey, iv, { authTagLength: TAG_BYTES }).setAAD(associatedData(name));
  return Buffer.concat([iv, cipher.update(JSON.stringify(jwk)), cipher.final(), cipher.getAuthTag()]);
};

/** @throws AppError `signing-key-unreadable` for another encryption key or a changed row */
export const openKey = (sealed: Uint8Array, name: SealedKeyName, encryptionKey: Uint8Array): JWK => {
  try {
    const tagStart = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', encryptionKey, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(associatedData(name))
      .setAuthTag(sealed.subarray(tagStart));
    const opened = Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, tagStart)), decipher.final()]);
    try {
      return JSON.parse(opened.toString()) as JWK;
    } finally {
      opened.fill(0);
    }
  } catch (cause) {
    throw new AppError('signing-key-unreadable', 500, `Signing key ${name.kid} cannot be decrypted.`, {
      cause,
      fix: 'Restore the secret file `secrets.signing_key_encryption_file` that belongs to this database.',
    });
  }
};
