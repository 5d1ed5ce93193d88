import type { ColumnType } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import { uniqueInUse } from '#infra/demo-data/unique-in-use.ts';
import { type ResetColumns, withResetColumns } from './reset-columns.ts';

/** One person or service that can log in. Flags are 0 or 1, times are epoch milliseconds, lists are JSON text. */
export interface AccountRow extends ResetColumns {
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
  /** Log-ins before it count no more; null where there was no such end. */
  access_ended_at: ColumnType<number | null, number | null | undefined, number>;
  demo: ColumnType<number, number | undefined, never>;
}

export interface AccountTables {
  accounts: AccountRow;
}

export const accountMigration: Migration = {
  name: '0001-accounts',
  up: async (db, kind) => {
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
      .$call(withResetColumns(kind))
      .execute();
    await uniqueInUse(db, 'accounts', 'username');
  },
};

export const accountAccessMigration: Migration = {
  name: '0013-account-access',
  up: async (db, kind) => {
    await db.schema.alterTable('accounts').addColumn('access_ended_at', columns(kind).millis).execute();
  },
};
