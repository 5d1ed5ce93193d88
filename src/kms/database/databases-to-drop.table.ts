import type { Migration } from '#infra/database/migration.ts';

/** A tenant's database that goes: written by the transaction that deletes the tenant, removed when the database is gone. */
export interface DatabaseToDropRow {
  schema_name: string;
}

/** Only what stands here is ever dropped: a database that no row names may be that of a tenant whose row was lost. */
export const createDatabasesToDrop: Migration = {
  name: '0005-databases-to-drop',
  up: async (db) => {
    await db.schema
      .createTable('kms_databases_to_drop')
      .addColumn('schema_name', 'text', (column) => column.primaryKey())
      .execute();
  },
};
