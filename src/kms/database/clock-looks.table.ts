import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** The last look at the wall clock, of whichever replica had it: one row. */
export interface ClockLookRow {
  /** Always 1. */
  id: number;
  /** Epoch milliseconds that the clock showed. */
  seen_at: number;
  /** Epoch milliseconds from which on it went as a clock goes. */
  steady_since: number;
}

export const createClockLooks: Migration = {
  name: '0008-clock-looks',
  up: async (db, kind) => {
    const { millis } = columns(kind);
    await db.schema
      .createTable('kms_clock_looks')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('seen_at', millis, (column) => column.notNull())
      .addColumn('steady_since', millis, (column) => column.notNull())
      .execute();
  },
};
