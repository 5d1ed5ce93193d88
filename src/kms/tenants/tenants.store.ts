import type { Kysely, Transaction } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Tenant } from './tenant.ts';
import type { TenantRow } from './tenants.table.ts';

export const toTenant = (row: TenantRow): Tenant => ({ id: row.id, name: row.name, schemaName: row.schema_name, demo: row.demo === 1 });

/** Queries on `kms_tenants`; each is one statement, so a caller who needs several at once gives a transaction. */
export const tenantsStore = (db: Kysely<ServiceTables> | Transaction<ServiceTables>) => ({
  /** A tenant that may be served. */
  activeById: async (id: string): Promise<Tenant | undefined> => {
    const row = await db.selectFrom('kms_tenants').selectAll().where('id', '=', id).where('state', '=', 'active').executeTakeFirst();
    return row === undefined ? undefined : toTenant(row);
  },
  activeByName: async (name: string): Promise<Tenant | undefined> => {
    const row = await db.selectFrom('kms_tenants').selectAll().where('name', '=', name).where('state', '=', 'active').executeTakeFirst();
    return row === undefined ? undefined : toTenant(row);
  },
  /** In whatever state: the database of a tenant that is being prepared is written before anyone may use it. */
  databaseOf: async (id: string): Promise<Pick<TenantRow, 'schema_name' | 'state'> | undefined> =>
    db.selectFrom('kms_tenants').select(['schema_name', 'state']).where('id', '=', id).executeTakeFirst(),
  /** By id, of all tenants in whatever state. */
  schemaNames: async (): Promise<ReadonlyMap<string, string>> => {
    const rows = await db.selectFrom('kms_tenants').select(['id', 'schema_name']).execute();
    return new Map(rows.map((row) => [row.id, row.schema_name]));
  },
  /** Of tenants that were deleted; a crash came before they were dropped, or another process is at it. */
  databasesToDrop: async (): Promise<readonly string[]> => {
    const rows = await db.selectFrom('kms_databases_to_drop').select('schema_name').orderBy('schema_name').execute();
    return rows.map((row) => row.schema_name);
  },
  databaseDropped: async (schemaName: string): Promise<void> => {
    await db.deleteFrom('kms_databases_to_drop').where('schema_name', '=', schemaName).execute();
  },
});
