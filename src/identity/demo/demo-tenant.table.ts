import { sql } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

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

export interface DemoTenantTables {
  demo_tenants: DemoTenantRow;
}

export const demoTenantMigration: Migration = {
  name: '0003-demo-tenants',
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
  },
};
