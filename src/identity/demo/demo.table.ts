import { sql } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { DemoResetState } from '#infra/demo-data/demo-reset.ts';

/** A demo tenant's id by its name; times are epoch milliseconds. */
export interface DemoTenantRow {
  /** UUIDv4, new with every reset. */
  id: string;
  name: string;
  created_at: number;
  retired_at: number | null;
  /** The demo reset that retired this row. */
  retired_by: string | null;
  /** The demo reset that inserted this row. */
  reset_id: string | null;
}

/** The latest demo reset. */
export interface DemoResetRow {
  /** UUIDv7. */
  id: string;
  state: DemoResetState;
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
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .addColumn('retired_at', type.millis)
      .addColumn('retired_by', 'text')
      .addColumn('reset_id', 'text')
      .execute();
    await db.schema
      .createIndex('demo_tenants_name')
      .unique()
      .on('demo_tenants')
      .column('name')
      .where(sql.ref('retired_at'), 'is', null)
      .execute();
    await db.schema
      .createTable('demo_resets')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .execute();
  },
};
