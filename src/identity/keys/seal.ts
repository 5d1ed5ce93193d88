import type { JWK } from 'jose';
import { AppError } from '#infra/apperr/app-error.ts';
import type { EncryptionKey, EncryptionKeys } from './encryption-keys.ts';
import { openBytes, sealBytes } from './sealed-bytes.ts';

/**
 * The row that a sealed key belongs to: bound as associated data. So rows cannot be exchanged in the database, and a key that was retired
 * cannot be made one that signs by changing its state there.
 */
export interface SealedKeyName {
  readonly kid: string;
  readonly alg: string;
  readonly state: string;
}

/** The columns of a row that hold its key. */
export interface SealedKey {
  readonly sealed_key: Uint8Array;
  /** Id of the encryption key; null in a row from before they had ids, which does not bind its state. */
  readonly sealed_by: string | null;
}

const associatedData = ({ kid, alg, state }: SealedKeyName, sealedBy: string | null): Buffer =>
  Buffer.from(
    JSON.stringify(
      sealedBy === null ? ['passthru-identity-signing-key', kid, alg] : ['passthru-identity-signing-key-v2', kid, alg, state, sealedBy],
    ),
  );

/** Seals a key under the newest encryption key. */
export const sealKey = (jwk: JWK, name: SealedKeyName, [newest]: EncryptionKeys): SealedKey => ({
  sealed_key: sealBytes(JSON.stringify(jwk), newest, associatedData(name, newest.id)),
  sealed_by: newest.id,
});

const unreadable = (kid: string, why: string, cause?: unknown): AppError =>
  new AppError('signing-key-unreadable', 500, `Signing key ${kid} ${why}.`, {
    cause,
    fix: 'Restore the secret file `secrets.signing_key_encryption_file` that belongs to this database: the key that sealed the row has to be one of its lines.',
  });

const openWith = (keys: readonly EncryptionKey[], row: SealedKeyName & SealedKey): JWK => {
  const aad = associatedData(row, row.sealed_by);
  let last: unknown;
  for (const key of keys) {
    try {
      const opened = openBytes(row.sealed_key, key, aad);
      try {
        return JSON.parse(opened.toString()) as JWK;
      } finally {
        opened.fill(0);
      }
    } catch (cause) {
      last = cause;
    }
  }
  throw unreadable(row.kid, 'cannot be decrypted', last);
};

/** @throws AppError `signing-key-unreadable` for an encryption key that is not here, or a row that was changed */
export const openKey = (row: SealedKeyName & SealedKey, keys: EncryptionKeys): JWK => {
  if (row.sealed_by === null) throw unreadable(row.kid, 'was written by an older version, and a start of this one has not sealed it anew');
  const key = keys.find(({ id }) => id === row.sealed_by);
  if (key === undefined) throw unreadable(row.kid, `is sealed under the encryption key ${row.sealed_by.slice(0, 64)}, which is not here`);
  return openWith([key], row);
};

/**
 * Opens a row that a start seals anew: also one of a version that did not say which key sealed it, for which each is tried.
 *
 * @throws AppError `signing-key-unreadable`
 */
export const openOlderKey = (row: SealedKeyName & SealedKey, keys: EncryptionKeys): JWK =>
  row.sealed_by === null ? openWith(keys, row) : openKey(row, keys);
