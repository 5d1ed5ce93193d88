import type { Kysely } from 'kysely';
import type { Holdings } from '#infra/demo-data/holdings.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';

/** Names of tenants that a message holds. */
const NAMES = 5;

/** The tenants and realm users in the service database. */
export const holdingsOf = async (db: Kysely<ServiceTables>): Promise<Holdings> => {
  const count = async (table: 'kms_tenants' | 'kms_realm_users', demo: number): Promise<number> => {
    const query = db.selectFrom(table).select((eb) => eb.fn.countAll().as('rows'));
    return Number((await query.where('demo', '=', demo).executeTakeFirstOrThrow()).rows);
  };
  const named = db.selectFrom('kms_tenants').select('name').where('demo', '=', 0).where('state', '=', 'active');
  return {
    demo: { tenant: await count('kms_tenants', 1), user: await count('kms_realm_users', 1) },
    real: { tenant: await count('kms_tenants', 0), user: await count('kms_realm_users', 0) },
    names: (await named.orderBy('name').limit(NAMES).execute()).map(({ name }) => name),
  };
};
