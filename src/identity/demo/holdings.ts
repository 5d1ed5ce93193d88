import type { Kysely } from 'kysely';
import type { Holdings } from '#infra/demo-data/holdings.ts';
import type { IdentityTables } from '#identity/database/tables.ts';

/** Ids of clients that a message holds; names of people do not go into a log. */
const NAMES = 5;

/** The accounts and clients in the database. */
export const holdingsOf = async (db: Kysely<IdentityTables>): Promise<Holdings> => {
  const count = async (table: 'accounts' | 'clients', demo: number): Promise<number> => {
    const query = db.selectFrom(table).select((eb) => eb.fn.countAll().as('rows'));
    return Number((await query.where('demo', '=', demo).executeTakeFirstOrThrow()).rows);
  };
  const named = db.selectFrom('clients').select('client_id').where('demo', '=', 0).where('retired_at', 'is', null);
  return {
    demo: { account: await count('accounts', 1), client: await count('clients', 1) },
    real: { account: await count('accounts', 0), client: await count('clients', 0) },
    names: (await named.orderBy('client_id').limit(NAMES).execute()).map(({ client_id: id }) => id),
  };
};
