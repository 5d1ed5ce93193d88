import type { Selectable } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { decodeCursor, DEFAULT_LIMIT } from '#infra/http/request/cursor.ts';
import { pageOf } from '#infra/http/request/paging.ts';
import type { AccountRow } from '#identity/database/accounts.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { toAccount } from './account.store.ts';
import type { AdministeredAccount, AdministeredAccounts } from './administered-accounts.ts';

const ORDER = 'accounts';

/** PostgreSQL answers by a boolean, SQLite by 0 or 1. */
interface FactorColumns {
  readonly has_totp: unknown;
  readonly has_passkey: unknown;
}

const shown = (row: Selectable<AccountRow> & FactorColumns): AdministeredAccount => ({
  account: toAccount(row),
  disabled: row.disabled === 1,
  secondFactors: [...(row.has_totp ? (['totp'] as const) : []), ...(row.has_passkey ? (['passkey'] as const) : [])],
  demo: row.demo === 1,
  createdAt: row.created_at,
});

/** @param options.demo whether the demo's are found */
export const createAdministeredAccounts = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly demo: boolean;
}): AdministeredAccounts => {
  const { database, demo } = options;
  const there = () => {
    const query = database.db
      .selectFrom('accounts')
      .selectAll()
      .select(({ exists, selectFrom }) => {
        const totp = selectFrom('totp_factors').select('account_id').whereRef('account_id', '=', 'accounts.id');
        const passkey = selectFrom('passkeys').select('account_id').whereRef('account_id', '=', 'accounts.id');
        return [exists(totp.where('confirmed_at', 'is not', null)).as('has_totp'), exists(passkey).as('has_passkey')];
      })
      .where('retired_at', 'is', null);
    return demo ? query : query.where('demo', '=', 0);
  };
  return {
    list: async ({ limit = DEFAULT_LIMIT, cursor, username }) => {
      const after = decodeCursor(ORDER, 'string', cursor);
      let query = there();
      // As a log-in looks for it.
      if (username !== undefined) query = query.where('username', '=', username.normalize('NFC'));
      if (after !== null) query = query.where('username', '>', String(after.value));
      const rows = await query
        .orderBy('username')
        .limit(limit + 1)
        .execute();
      return pageOf(rows.map(shown), { limit, order: ORDER, position: ({ account }) => ({ value: account.username, id: account.id }) });
    },
    read: async (id) => {
      const row = await there().where('id', '=', id).executeTakeFirst();
      if (row !== undefined) return shown(row);
      throw new AppError('account-unknown', 404, 'There is no account with this id.', {
        fix: '`passthru account list` shows the accounts.',
      });
    },
  };
};
