import type { Kysely, Transaction } from 'kysely';
import type { IdentityTables } from '#identity/database/tables.ts';
import { newRecoveryCodes, recoveryHash } from './recovery-codes.ts';

/** New recovery codes in the place of all that were there, in the caller's transaction. */
export const replaceRecoveryCodes = async (tx: Transaction<IdentityTables>, accountId: string): Promise<readonly string[]> => {
  const codes = newRecoveryCodes();
  await tx.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
  const rows = codes.map((code) => ({ account_id: accountId, code_hash: recoveryHash(accountId, code), used_at: null }));
  await tx.insertInto('recovery_codes').values(rows).execute();
  return codes;
};

/** Whether an account has a second factor that recovery codes stand for. */
export const hasFactor = async (db: Kysely<IdentityTables>, accountId: string): Promise<boolean> => {
  const totp = db.selectFrom('totp_factors').select('account_id').where('account_id', '=', accountId);
  if ((await totp.where('confirmed_at', 'is not', null).executeTakeFirst()) !== undefined) return true;
  const passkey = db.selectFrom('passkeys').select('account_id').where('account_id', '=', accountId);
  return (await passkey.executeTakeFirst()) !== undefined;
};

/** Recovery codes stand for nothing once the last second factor is gone. */
export const forgetCodesWithoutFactor = async (tx: Transaction<IdentityTables>, accountId: string): Promise<void> => {
  if (!(await hasFactor(tx, accountId))) await tx.deleteFrom('recovery_codes').where('account_id', '=', accountId).execute();
};
