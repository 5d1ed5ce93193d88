import { dirname, join } from 'node:path';
import { type Static, Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { ensureSecret, readSecret } from '#infra/files/secret-file.ts';
import { type EncryptionKeys, newEncryptionKey, parseEncryptionKeys } from './keys/encryption-keys.ts';

const ENCRYPTION_KEY_FILE = 'identity-signing-key-encryption';
const MIN_COOKIE_KEY_BYTES = 32;

/** The section `secrets` of the configuration. */
export const secretsSchema = strictObject({
  cookie_keys_file: filePath({ description: 'one key a line, newest first, each of at least 32 characters' }),
  signing_key_encryption_file: Type.Optional(
    filePath({
      description:
        'one key a line, newest first, each of 32 bytes as base64url; by default `identity-signing-key-encryption` beside the cookie keys, made at the first start',
    }),
  ),
});

export interface IdentitySecrets {
  /** Newest first. */
  readonly cookieKeys: readonly [string, ...string[]];
  /** For the signing keys in the database. */
  readonly encryptionKeys: EncryptionKeys;
}

const readCookieKeys = async (file: string): Promise<readonly [string, ...string[]]> => {
  const [first, ...rest] = (await readSecret(file, 'the cookie keys of Identity'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (first === undefined || [first, ...rest].some((key) => Buffer.byteLength(key) < MIN_COOKIE_KEY_BYTES)) {
    throw new AppError('cookie-keys-invalid', 500, `A cookie key is shorter than ${MIN_COOKIE_KEY_BYTES} bytes.`, {
      fix: 'Write one key a line, newest first, each of 32 random bytes as base64url.',
    });
  }
  return [first, ...rest];
};

/**
 * Reads the secrets of Identity, once. An encryption key of the signing keys is made at the first start when no file is configured.
 *
 * @throws AppError `secret-unreadable`, `cookie-keys-invalid`, `signing-key-encryption-invalid`
 */
export const loadSecrets = async ({
  cookie_keys_file,
  signing_key_encryption_file,
}: Static<typeof secretsSchema>): Promise<IdentitySecrets> => {
  const purpose = 'the encryption keys of the signing keys';
  const encryptionKeys =
    signing_key_encryption_file === undefined
      ? ensureSecret(join(dirname(cookie_keys_file), ENCRYPTION_KEY_FILE), newEncryptionKey, purpose)
      : readSecret(signing_key_encryption_file, purpose);
  const [cookieKeys, encryption] = await Promise.all([readCookieKeys(cookie_keys_file), encryptionKeys]);
  return { cookieKeys, encryptionKeys: parseEncryptionKeys(encryption) };
};
