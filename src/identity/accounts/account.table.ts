import type { ColumnType } from 'kysely';
import { sql } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** One person or service that can log in. Flags are 0 or 1, times are epoch milliseconds, lists are JSON text. */
export interface AccountRow {
  /** UUIDv7; the `sub` of every token. */
  id: string;
  username: string;
  password_hash: string;
  name: string;
  email: string;
  /** UUIDv4. */
  tenant_id: string;
  roles: string;
  permissions: string;
  disabled: ColumnType<number, number | undefined, number>;
  demo: ColumnType<number, number | undefined, never>;
  created_at: number;
  retired_at: number | null;
  /** The demo reset that retired this row. */
  retired_by: string | null;
  /** The demo reset that inserted this row. */
  reset_id: string | null;
}

export interface AccountTables {
  accounts: AccountRow;
}

export const accountMigration: Migration = {
  name: '0001-accounts',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('accounts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('email', 'text', (column) => column.notNull())
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('roles', 'text', (column) => column.notNull())
      .addColumn('permissions', 'text', (column) => column.notNull())
      .addColumn('disabled', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('demo', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .addColumn('retired_at', type.millis)
      .addColumn('retired_by', 'text')
      .addColumn('reset_id', 'text')
      .execute();
    // A reset keeps the old row until it is committed, so only rows in use compete for a name.
    await db.schema
      .createIndex('accounts_username')
      .unique()
      .on('accounts')
      .column('username')
      .where(sql.ref('retired_at'), 'is', null)
      .execute();
  },
};
