import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** A reset that waits for its commit or rollback. */
export interface DemoResetRow {
  /** UUIDv7. */
  id: string;
  /** Always 1, and unique: there is never more than one. */
  slot: number;
  /** Epoch milliseconds. */
  started_at: number;
}

export const createDemoResets: Migration = {
  name: '0004-demo-resets',
  up: async (db, kind) => {
    await db.schema
      .createTable('kms_demo_resets')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('slot', 'integer', (column) => column.notNull().unique())
      .addColumn('started_at', columns(kind).millis, (column) => column.notNull())
      .execute();
  },
};
