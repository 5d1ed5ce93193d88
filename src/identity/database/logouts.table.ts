import type { Migration } from '#infra/database/migration.ts';
import { columns } from '#infra/database/columns.ts';

/** A log-out of which a client has still to be told. */
export interface LogoutRow {
  /** UUIDv7. */
  id: string;
  client_id: string;
  account_id: string;
  /** The session, as the client knows it. */
  sid: string;
  /** How often the client was asked. */
  attempts: number;
  /** Epoch milliseconds of the next attempt; 0 for at once. */
  due_at: number;
}

export interface LogoutTables {
  logouts: LogoutRow;
}

export const logoutMigration: Migration = {
  name: '0016-logouts',
  up: async (db, kind) => {
    await db.schema
      .createTable('logouts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('client_id', 'text', (column) => column.notNull())
      .addColumn('account_id', 'text', (column) => column.notNull())
      .addColumn('sid', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull())
      .addColumn('due_at', columns(kind).millis, (column) => column.notNull())
      .execute();
    await db.schema.createIndex('logouts_due_at').on('logouts').column('due_at').execute();
    await db.schema.createIndex('logouts_session').on('logouts').columns(['client_id', 'sid']).unique().execute();
  },
};
