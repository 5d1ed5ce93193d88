import type { Transaction } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';
import { sealSecret } from '#identity/factors/sealed-secrets.ts';
import { totpSecretOf } from '#identity/factors/totp.ts';
import type { EncryptionKeys } from '#identity/keys/encryption-keys.ts';
import type { Seed } from './seed-file.ts';
import type { SeedRows } from './seed-rows.ts';

/**
 * Gives the accounts that a seed has just made the app for one-time codes that it states for them; it goes with its account.
 *
 * @param made.at epoch milliseconds
 */
export const insertSeedFactors = async (
  tx: Transaction<IdentityTables>,
  seed: Pick<Seed, 'accounts'>,
  accounts: SeedRows['accounts'],
  made: { readonly at: number; readonly encryptionKeys: EncryptionKeys },
): Promise<void> => {
  const { at, encryptionKeys } = made;
  const rows = accounts.flatMap(({ id, username }) => {
    const secret = seed.accounts.find((account) => account.username === username)?.totp_secret;
    if (secret === undefined) return [];
    return [{ account_id: id, ...sealSecret(totpSecretOf(secret), id, encryptionKeys), created_at: at, confirmed_at: at, last_step: 0 }];
  });
  if (rows.length > 0) await tx.insertInto('totp_factors').values(rows).execute();
};
