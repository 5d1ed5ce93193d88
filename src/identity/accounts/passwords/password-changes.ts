import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { accountUnknown } from '../account-unknown.ts';
import type { Accounts } from '../accounts.ts';
import { type HashNewPassword, refusedPassword } from './new-passwords.ts';

/** New passwords of accounts. With the old one end all sessions, grants and refresh tokens of the account, in the same transaction. */
export interface PasswordChanges {
  /**
   * Changes a password for whoever knows the current one; guesses at that are paid as at a log-in.
   *
   * @param change.address of the peer, as the socket has it
   * @throws AppError `password-wrong` 403, `password-too-short`, `password-same`, `password-too-long` or `password-breached` 400,
   *   `password-changed` 409 when another change was faster, `too-many-attempts` or `password-queue-full` 429
   */
  change(change: { readonly accountId: string; readonly current: string; readonly next: string; readonly address: string }): Promise<void>;
  /**
   * Sets a password without the current one, for operators; demo accounts have those of their seed.
   *
   * @throws AppError `account-unknown` 404, and as `change` for the new password
   */
  set(accountId: string, next: string): Promise<void>;
}

/**
 * @param options.endAccess ends sessions, grants and tokens of an account, in the caller's transaction
 * @param options.now epoch milliseconds
 */
export const createPasswordChanges = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db' | 'transaction'>;
  readonly accounts: Pick<Accounts, 'authenticate' | 'find'>;
  readonly hashNewPassword: HashNewPassword;
  readonly endAccess: (tx: Transaction<IdentityTables>, accountId: string) => Promise<void>;
  readonly now: () => number;
}): PasswordChanges => {
  const { database, accounts, hashNewPassword, endAccess, now } = options;

  return {
    change: async ({ accountId, current, next, address }) => {
      const account = await accounts.find(accountId);
      const row = await database.db.selectFrom('accounts').select('password_hash').where('id', '=', accountId).executeTakeFirst();
      if (account === undefined || row === undefined) throw accountUnknown();
      if ((await accounts.authenticate({ username: account.username, password: current, address }))?.id !== accountId)
        throw new AppError('password-wrong', 403, 'The current password is wrong.', { fix: 'Give the password that you log in with.' });
      if (next.normalize('NFC') === current.normalize('NFC'))
        throw refusedPassword('password-same', 'The new password is the current one.', 'Take another one.');
      const hash = await hashNewPassword(next);
      await database.transaction(async (tx) => {
        const mine = tx.updateTable('accounts').set({ password_hash: hash, access_ended_at: now() }).where('id', '=', accountId);
        const { numUpdatedRows } = await mine.where('password_hash', '=', row.password_hash).executeTakeFirst();
        if (numUpdatedRows === 0n) throw new AppError('password-changed', 409, 'The password was changed meanwhile.');
        await endAccess(tx, accountId);
      });
    },

    set: async (accountId, next) => {
      const hash = await hashNewPassword(next);
      await database.transaction(async (tx) => {
        const change = tx.updateTable('accounts').set({ password_hash: hash, access_ended_at: now() });
        const { numUpdatedRows } = await change.where('id', '=', accountId).where('demo', '=', 0).executeTakeFirst();
        if (numUpdatedRows === 0n) throw accountUnknown();
        await endAccess(tx, accountId);
      });
    },
  };
};
