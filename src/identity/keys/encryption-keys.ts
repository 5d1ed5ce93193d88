import { createHmac, randomBytes } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';

const KEY_BYTES = 32;
/** Characters of a key id: 96 bits. */
const ID_LENGTH = 16;

/** A key that signing keys are sealed under. */
export interface EncryptionKey {
  /** Made from the key, so that nobody has to give it a name; it tells nothing of the key. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** All that may have sealed a row, newest first: the first seals, each of them opens. */
export type EncryptionKeys = readonly [EncryptionKey, ...EncryptionKey[]];

/** A new encryption key for the secret file: 32 random bytes, base64url. */
export const newEncryptionKey = (): string => randomBytes(KEY_BYTES).toString('base64url');

/** @param bytes 32 */
export const encryptionKeyOf = (bytes: Uint8Array): EncryptionKey => ({
  id: createHmac('sha256', bytes).update('passthru-identity signing-key encryption: id').digest('base64url').slice(0, ID_LENGTH),
  bytes,
});

const parseLine = (line: string): EncryptionKey => {
  const bytes = Buffer.from(line, 'base64url');
  if (bytes.length === KEY_BYTES && bytes.toString('base64url') === line) return encryptionKeyOf(bytes);
  throw new AppError('signing-key-encryption-invalid', 500, 'An encryption key of the signing keys is not 32 bytes of base64url.', {
    fix: 'Restore the secret file `secrets.signing_key_encryption_file`, one key a line, or write 32 random bytes as base64url for a new database.',
  });
};

/**
 * Reads the encryption keys of the signing keys as they stand in their secret file, one a line, newest first; empty lines count for none.
 *
 * @throws AppError `signing-key-encryption-invalid` when a line is not 32 bytes of base64url
 */
export const parseEncryptionKeys = (text: string): EncryptionKeys => {
  const [first = '', ...older] = text.split(/\r?\n/).filter((line) => line !== '');
  return [parseLine(first), ...older.map(parseLine)];
};
