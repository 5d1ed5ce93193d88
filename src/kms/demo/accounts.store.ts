import { randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { RealmUserRow } from '#kms/database/realm-users.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { Asked, RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { Seed } from './seed-file.ts';

/**
 * The demo's accounts among the users of the database realm. Those that change several are atomic only within the transaction that
 * they are given.
 *
 * @param db the service database, or a transaction on it
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write; `sealed` 503
 */
export const accountsStore = (db: Kysely<ServiceTables>, rows: Pick<RowIntegrity, 'of'>) => {
  const checked = (row: RealmUserRow, asked: Asked<'kms_realm_users'>): RealmUserRow =>
    rows.of(row.tenant_id).checked('kms_realm_users', row, asked);
  const found = async (which: 'in-use' | 'retired'): Promise<readonly RealmUserRow[]> => {
    const operator = which === 'retired' ? 'is not' : 'is';
    const accounts = await db.selectFrom('kms_realm_users').selectAll().where('demo', '=', 1).where('retired_at', operator, null).execute();
    return accounts.map((row) => checked(row, { demo: 1, retired_at: which === 'in-use' ? null : undefined }));
  };
  const setRetired = async (which: 'in-use' | 'retired', at: number | null): Promise<void> => {
    for (const { id } of await found(which)) {
      await changeRow({
        read: async () => {
          const row = await db.selectFrom('kms_realm_users').selectAll().where('id', '=', id).executeTakeFirst();
          return row && checked(row, { id, demo: 1 });
        },
        change: (before) => rows.of(before.tenant_id).next('kms_realm_users', before, { retired_at: at }),
        write: (after, revision) =>
          db.updateTable('kms_realm_users').set(after).where('id', '=', id).where('row_revision', '=', revision).executeTakeFirstOrThrow(),
      });
    }
  };
  return {
    /** User names in use. */
    usernames: async (): Promise<ReadonlySet<string>> => new Set((await found('in-use')).map((row) => row.username)),
    insert: async (accounts: Seed['accounts'], tenants: DemoTenants, at: number): Promise<void> => {
      if (accounts.length === 0) return;
      const made = accounts.map(({ username, password_hash, tenant, roles }) => {
        const tenantId = tenants[tenant] ?? '';
        return rows.of(tenantId).first('kms_realm_users', {
          id: randomUUIDv7(),
          username,
          password_hash,
          tenant_id: tenantId,
          roles: JSON.stringify(roles),
          demo: 1,
          created_at: at,
          retired_at: null,
        });
      });
      await db.insertInto('kms_realm_users').values(made).execute();
    },
    retire: (at: number): Promise<void> => setRetired('in-use', at),
    restoreRetired: (): Promise<void> => setRetired('retired', null),
    delete: async (which: 'in-use' | 'retired'): Promise<void> => {
      const operator = which === 'retired' ? 'is not' : 'is';
      await db.deleteFrom('kms_realm_users').where('demo', '=', 1).where('retired_at', operator, null).execute();
    },
  };
};
