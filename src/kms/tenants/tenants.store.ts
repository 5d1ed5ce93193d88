import type { Kysely } from 'kysely';
import { storedWord } from '#infra/database/stored-values.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantRow } from '#kms/database/tenants.table.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { type Tenant, TENANT_STATES, type TenantState } from './tenant.ts';

const tenantOf = (row: TenantRow): Tenant => ({
  id: row.id,
  name: row.name,
  schemaName: row.schema_name,
  state: storedWord(row.state, TENANT_STATES, `the state of tenant ${row.id}`),
  demo: row.demo === 1,
});

/**
 * Queries on `kms_tenants` and `kms_databases_to_drop`. Each is one statement but for `changeState`, which reads before it writes, and `remove`, which is atomic within the
 * transaction that it is given.
 *
 * @param db the service database, or a transaction on it
 * @param rows checks every row that becomes a tenant
 * @throws AppError `row-damaged` 503 for a row that the KMS did not write, in a list too; `sealed` 503
 */
export const tenantsStore = (db: Kysely<ServiceTables>, rows: Rows) => {
  const rowById = async (id: string, of: Kysely<ServiceTables> = db): Promise<TenantRow | undefined> => {
    const query = of.selectFrom('kms_tenants').selectAll().where('id', '=', id).limit(1);
    const [row] = await rows.service.read('kms_tenants', of, () => query.execute(), { id });
    return row;
  };
  return {
    /** In whatever state. */
    byId: async (id: string): Promise<Tenant | undefined> => {
      const row = await rowById(id);
      return row && tenantOf(row);
    },
    activeByName: async (name: string): Promise<Tenant | undefined> => {
      const query = db.selectFrom('kms_tenants').selectAll().where('name', '=', name).where('state', '=', 'active').limit(1);
      const [row] = await rows.service.read('kms_tenants', db, () => query.execute(), { name, state: 'active' });
      return row && tenantOf(row);
    },
    /** By name. @param only.demo tenants of the demo only */
    inState: async (state: TenantState, only: { readonly demo?: true } = {}): Promise<readonly Tenant[]> => {
      let query = db.selectFrom('kms_tenants').selectAll().where('state', '=', state);
      if (only.demo) query = query.where('demo', '=', 1);
      const ordered = query.orderBy('name');
      const asked = { state, demo: only.demo ? 1 : undefined };
      return (await rows.service.read('kms_tenants', db, () => ordered.execute(), asked)).map(tenantOf);
    },
    /** Names of the databases by tenant id, of all tenants in whatever state. */
    schemaNames: async (): Promise<ReadonlyMap<string, string>> => {
      const rows = await db.selectFrom('kms_tenants').select(['id', 'schema_name']).execute();
      return new Map(rows.map((row) => [row.id, row.schema_name]));
    },
    insert: async ({ id, name, schemaName, state, demo }: Tenant, at: number): Promise<void> => {
      const row = { id, name, schema_name: schemaName, state, demo: demo ? 1 : 0, created_at: at, retired_at: null };
      await rows.service.put('kms_tenants', db, async (tx) => {
        const made = rows.of(id).first('kms_tenants', row);
        await tx.insertInto('kms_tenants').values(made).execute();
        return [made];
      });
    },
    /** @returns false where the tenant is not in the state any more in which it was read: nothing is changed then */
    changeState: async (tenant: Tenant, state: TenantState, at: number): Promise<boolean> => {
      const changed = await rows.service.put('kms_tenants', db, async (tx) => {
        const row = await changeRow({
          read: () => rowById(tenant.id, tx),
          change: (before) =>
            before.state === tenant.state
              ? rows.of(tenant.id).next('kms_tenants', before, { state, retired_at: state === 'retired' ? at : null })
              : undefined,
          write: (after, revision) =>
            tx
              .updateTable('kms_tenants')
              .set(after)
              .where('id', '=', tenant.id)
              .where('row_revision', '=', revision)
              .executeTakeFirstOrThrow(),
        });
        return row === undefined ? [] : [row];
      });
      return changed.length > 0;
    },
    /** Deletes the row, and notes that its database is to be dropped. @returns as `changeState` */
    remove: async (tenant: Tenant): Promise<boolean> => {
      const removed = await rows.service.remove('kms_tenants', db, async (tx) => {
        const { numDeletedRows } = await tx
          .deleteFrom('kms_tenants')
          .where('id', '=', tenant.id)
          .where('state', '=', tenant.state)
          .executeTakeFirstOrThrow();
        return numDeletedRows === 1n ? [tenant.id] : [];
      });
      if (removed.length === 0) return false;
      await db.insertInto('kms_databases_to_drop').values({ schema_name: tenant.schemaName }).execute();
      return true;
    },
    /** Databases of removed tenants that exist yet: a crash came before they were dropped, or another process is at it. */
    databasesToDrop: async (): Promise<readonly string[]> => {
      const rows = await db.selectFrom('kms_databases_to_drop').select('schema_name').orderBy('schema_name').execute();
      return rows.map((row) => row.schema_name);
    },
    databaseDropped: async (schemaName: string): Promise<void> => {
      await db.deleteFrom('kms_databases_to_drop').where('schema_name', '=', schemaName).execute();
    },
  };
};
