import type { Migration } from '#infra/database/migration.ts';
import { columns } from '#infra/database/columns.ts';

/** A token of an operator by which clients register themselves. Times are epoch milliseconds. */
export interface InitialTokenRow {
  /** UUIDv7. */
  id: string;
  /** SHA-256, base64url. */
  token_hash: string;
  /** What an operator wrote of it. */
  note: string;
  /** JSON text: all that its clients may ask for. */
  scopes: string;
  /** How many clients it registers still. */
  uses_left: number;
  created_at: number;
  expires_at: number;
}

export interface InitialTokenTables {
  initial_access_tokens: InitialTokenRow;
}

export const initialTokenMigration: Migration = {
  name: '0019-initial-access-tokens',
  up: async (db, kind) => {
    const { millis } = columns(kind);
    await db.schema
      .createTable('initial_access_tokens')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('token_hash', 'text', (column) => column.notNull().unique())
      .addColumn('note', 'text', (column) => column.notNull())
      .addColumn('scopes', 'text', (column) => column.notNull())
      .addColumn('uses_left', 'integer', (column) => column.notNull())
      .addColumn('created_at', millis, (column) => column.notNull())
      .addColumn('expires_at', millis, (column) => column.notNull())
      .execute();
    await db.schema.alterTable('clients').addColumn('registration_token_hash', 'text').execute();
    await db.schema.alterTable('clients').addColumn('registration_scopes', 'text').execute();
  },
};
