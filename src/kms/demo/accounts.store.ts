import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Seed } from './seed-file.ts';

/**
 * The demo's accounts among the users of the database realm. Each query is one statement.
 *
 * @param db the service database, or a transaction on it
 */
export const accountsStore = (db: Kysely<ServiceTables>) => ({
  /** User names in use. */
  usernames: async (): Promise<ReadonlySet<string>> => {
    const rows = await db.selectFrom('kms_realm_users').select('username').where('demo', '=', 1).where('retired_at', 'is', null).execute();
    return new Set(rows.map((row) => row.username));
  },
  insert: async (accounts: Seed['accounts'], tenants: DemoTenants, at: number): Promise<void> => {
    if (accounts.length === 0) return;
    const rows = accounts.map(({ username, password_hash, tenant, roles }) => ({
      id: randomUUIDv7(),
      username,
      password_hash,
      tenant_id: tenants[tenant] ?? '',
      roles: JSON.stringify(roles),
      demo: 1,
      created_at: at,
      retired_at: null,
    }));
    await db.insertInto('kms_realm_users').values(rows).execute();
  },
  retire: async (at: number): Promise<void> => {
    await db.updateTable('kms_realm_users').set({ retired_at: at }).where('demo', '=', 1).where('retired_at', 'is', null).execute();
  },
  restoreRetired: async (): Promise<void> => {
    await db.updateTable('kms_realm_users').set({ retired_at: null }).where('demo', '=', 1).where('retired_at', 'is not', null).execute();
  },
  delete: async (which: 'in-use' | 'retired'): Promise<void> => {
    const operator = which === 'retired' ? 'is not' : 'is';
    await db.deleteFrom('kms_realm_users').where('demo', '=', 1).where('retired_at', operator, null).execute();
  },
});
