import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** The latest demo reset. */
export interface DemoResetRow {
  /** UUIDv7. */
  id: string;
  state: string;
  /** Epoch milliseconds. */
  started_at: number;
}

export const createDemoResets: Migration = {
  name: '0004-demo-resets',
  up: async (db, kind) => {
    await db.schema
      .createTable('kms_demo_resets')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('started_at', columns(kind).millis, (column) => column.notNull())
      .execute();
  },
};
