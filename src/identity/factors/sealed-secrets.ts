import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { TotpFactorRow } from '#identity/database/factors.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { EncryptionKeys } from '#identity/keys/encryption-keys.ts';
import { openBytes, sealBytes } from '#identity/keys/sealed-bytes.ts';

/** The columns of a row that hold its secret. */
export type SealedSecret = Pick<TotpFactorRow, 'sealed_secret' | 'sealed_by'>;

const associatedData = (accountId: string, sealedBy: string): Buffer =>
  Buffer.from(JSON.stringify(['passthru-identity-totp', accountId, sealedBy]));

/** Seals a secret under the newest encryption key, for this account alone. */
export const sealSecret = (secret: Uint8Array, accountId: string, [newest]: EncryptionKeys): SealedSecret => ({
  sealed_secret: sealBytes(secret, newest, associatedData(accountId, newest.id)),
  sealed_by: newest.id,
});

/** @throws AppError `factor-unreadable` 500 for an encryption key that is not here, or a row that was changed */
export const openSecret = (row: SealedSecret & Pick<TotpFactorRow, 'account_id'>, keys: EncryptionKeys): Buffer => {
  const key = keys.find(({ id }) => id === row.sealed_by);
  try {
    if (key === undefined) throw new Error(`the encryption key ${row.sealed_by.slice(0, 64)} is not here`);
    return openBytes(row.sealed_secret, key, associatedData(row.account_id, row.sealed_by));
  } catch (cause) {
    throw new AppError('factor-unreadable', 500, `The second factor of account ${row.account_id} cannot be decrypted.`, {
      cause,
      fix: 'Restore the secret file `secrets.signing_key_encryption_file` that belongs to this database: the key that sealed the row has to be one of its lines.',
    });
  }
};

/**
 * Seals anew what an older encryption key sealed, at a start, so that the older one can be removed after it.
 *
 * @returns how many rows
 * @throws AppError `factor-unreadable`
 */
export const resealSecrets = async ({ db }: Pick<Database<IdentityTables>, 'db'>, keys: EncryptionKeys): Promise<number> => {
  const rows = await db
    .selectFrom('totp_factors')
    .select(['account_id', 'sealed_secret', 'sealed_by'])
    .where('sealed_by', '!=', keys[0].id)
    .execute();
  for (const row of rows) {
    const secret = openSecret(row, keys);
    await db
      .updateTable('totp_factors')
      .set(sealSecret(secret, row.account_id, keys))
      .where('account_id', '=', row.account_id)
      // One that was replaced meanwhile is sealed anew already.
      .where('sealed_by', '=', row.sealed_by)
      .execute();
    secret.fill(0);
  }
  return rows.length;
};
