import type { Selectable } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import { preparedQuery } from '#infra/database/prepared-query.ts';
import { storedTexts } from '#infra/database/stored-values.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { Account } from './account.ts';
import type { AccountRow } from '#identity/database/accounts.table.ts';

interface StoredAccount {
  readonly account: Account;
  readonly passwordHash: string;
}

/** Accounts in use: what is retired or disabled is not found, and of the demo only where it runs. Every method is one query. */
export interface AccountStore {
  byUsername(username: string): Promise<StoredAccount | undefined>;
  byId(id: string): Promise<Account | undefined>;
}

/** The account of a row. @throws InternalError for a column that holds something else */
export const toAccount = (row: Selectable<AccountRow>): Account => ({
  id: row.id,
  username: row.username,
  name: row.name,
  email: row.email,
  tenantId: row.tenant_id,
  roles: storedTexts(row.roles, `the roles of account ${row.id}`),
  permissions: storedTexts(row.permissions, `the permissions of account ${row.id}`),
  accessEndedAt: row.access_ended_at,
});

/** @param options.demo whether the demo's are found */
export const createAccountStore = ({ db }: Pick<Database<IdentityTables>, 'db'>, { demo }: { readonly demo: boolean }): AccountStore => {
  const inUse = () => {
    const all = db.selectFrom('accounts').selectAll().where('retired_at', 'is', null).where('disabled', '=', 0);
    return demo ? all : all.where('demo', '=', 0);
  };
  const named = preparedQuery(db, (username: string) => inUse().where('username', '=', username));
  const withId = preparedQuery(db, (id: string) => inUse().where('id', '=', id));
  return {
    byUsername: async (username) => {
      const [row] = await named(username);
      return row && { account: toAccount(row), passwordHash: row.password_hash };
    },
    byId: async (id) => {
      const [row] = await withId(id);
      return row && toAccount(row);
    },
  };
};
