import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import { uniqueInUse } from '#infra/demo-data/unique-in-use.ts';
import { type ResetColumns, withResetColumns } from './reset-columns.ts';

/** A demo tenant's id by its name; times are epoch milliseconds. */
export interface DemoTenantRow extends ResetColumns {
  /** UUIDv4, new with every reset. */
  id: string;
  name: string;
}

/** The latest demo reset. */
export interface DemoResetRow {
  /** UUIDv7. */
  id: string;
  state: string;
  created_at: number;
}

export interface DemoTables {
  demo_tenants: DemoTenantRow;
  demo_resets: DemoResetRow;
}

export const demoMigration: Migration = {
  name: '0003-demo',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('demo_tenants')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .$call(withResetColumns(kind))
      .execute();
    await uniqueInUse(db, 'demo_tenants', 'name');
    await db.schema
      .createTable('demo_resets')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .execute();
  },
};
