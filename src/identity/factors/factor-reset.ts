import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { accountUnknown } from '#identity/accounts/account-unknown.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { hasFactor } from './recovery.store.ts';

const OF_ACCOUNTS = ['totp_factors', 'passkeys', 'recovery_codes'] as const;

/** A way back for somebody who has lost second factors and recovery codes, by an operator; demo accounts have those of their seed. */
export interface FactorReset {
  /**
   * Removes all second factors of an account, with its recovery codes and an app that waits for its first code. With them end its
   * sessions, grants and refresh tokens, in the same transaction: the lost device may be logged in.
   *
   * @throws AppError `account-unknown` 404, `no-second-factor` 409
   */
  reset(accountId: string): Promise<void>;
}

/**
 * @param options.endAccess ends sessions, grants and tokens of an account, in the caller's transaction
 * @param options.now epoch milliseconds
 */
export const createFactorReset = (options: {
  readonly database: Pick<Database<IdentityTables>, 'transaction'>;
  readonly endAccess: (tx: Transaction<IdentityTables>, accountId: string) => Promise<void>;
  readonly now: () => number;
}): FactorReset => {
  const { database, endAccess, now } = options;
  return {
    reset: (accountId) =>
      database.transaction(async (tx) => {
        const ended = tx.updateTable('accounts').set({ access_ended_at: now() }).where('id', '=', accountId).where('demo', '=', 0);
        if ((await ended.executeTakeFirst()).numUpdatedRows === 0n) throw accountUnknown();
        if (!(await hasFactor(tx, accountId))) {
          throw new AppError('no-second-factor', 409, 'This account has no second factor.', {
            fix: '`passthru account show` tells the second factors of an account.',
          });
        }
        for (const table of OF_ACCOUNTS) await tx.deleteFrom(table).where('account_id', '=', accountId).execute();
        await endAccess(tx, accountId);
      }),
  };
};
