import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** A passkey of an account. Times are epoch milliseconds. */
export interface PasskeyRow {
  /** base64url, as the authenticator chose it. */
  credential_id: string;
  account_id: string;
  name: string;
  /** COSE key. */
  public_key: Uint8Array;
  /** How often it has signed, by its own count; 0 for one that does not count. */
  counter: number;
  /** JSON: how a browser reaches it, as the browser said. */
  transports: string;
  /** 1 for one that its authenticator copies to other devices. */
  synced: number;
  created_at: number;
  last_used_at: number | null;
}

export interface PasskeyTables {
  passkeys: PasskeyRow;
}

/** They go with their account. */
export const passkeyMigration: Migration = {
  name: '0023-passkeys',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('passkeys')
      .addColumn('credential_id', 'text', (column) => column.primaryKey())
      .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('public_key', type.bytes, (column) => column.notNull())
      .addColumn('counter', type.millis, (column) => column.notNull())
      .addColumn('transports', type.json, (column) => column.notNull())
      .addColumn('synced', type.flag, (column) => column.notNull())
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .addColumn('last_used_at', type.millis)
      .execute();
    await db.schema.createIndex('passkeys_account_id').on('passkeys').column('account_id').execute();
  },
};
