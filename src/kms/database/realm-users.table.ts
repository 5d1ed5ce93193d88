import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import { uniqueInUse } from '#infra/demo-data/unique-in-use.ts';
import type { RowTag } from './row-tags.ts';

/** A user of the database realm. Times are epoch milliseconds. */
export interface RealmUserRow extends RowTag {
  /** UUIDv7. */
  id: string;
  username: string;
  /** `$pbkdf2-sha256$…` */
  password_hash: string;
  /** UUIDv4. */
  tenant_id: string;
  /** JSON array of role names. */
  roles: string;
  /** 1 for an account of the demo seed. */
  demo: number;
  created_at: number;
  /** Set by a demo reset until that is committed or rolled back; a retired row is nobody. */
  retired_at: number | null;
  /** Since when nobody gets in by this row; null where the user is enabled. */
  disabled_at: number | null;
  email: string | null;
  display_name: string | null;
  /** JSON object. */
  metadata: string | null;
  /** Null where the row is as it was made. */
  updated_at: number | null;
  /** Null where the password is that of the beginning. */
  password_changed_at: number | null;
}

/** The columns of a user of whom no more is said, and who is as he was made. */
export const NEW_USER = {
  retired_at: null,
  disabled_at: null,
  email: null,
  display_name: null,
  metadata: null,
  updated_at: null,
  password_changed_at: null,
} as const satisfies Partial<RealmUserRow>;

/** Retired rows keep their names beside the new ones, so only rows in use compete for a name. */
export const createRealmUsers: Migration = {
  name: '0003-realm-users',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('kms_realm_users')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('tenant_id', 'text', (column) => column.notNull())
      .addColumn('roles', 'text', (column) => column.notNull())
      .addColumn('demo', 'integer', (column) => column.notNull())
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .addColumn('retired_at', type.millis)
      .execute();
    await uniqueInUse(db, 'kms_realm_users', 'username');
  },
};

export const addUserProfile: Migration = {
  name: '0011-user-profile',
  up: async (db, kind) => {
    const { millis } = columns(kind);
    const added = {
      disabled_at: millis,
      email: 'text',
      display_name: 'text',
      metadata: 'text',
      updated_at: millis,
      password_changed_at: millis,
    } as const;
    // SQLite adds one column a statement.
    for (const [column, type] of Object.entries(added)) await db.schema.alterTable('kms_realm_users').addColumn(column, type).execute();
    await db.schema.createIndex('kms_realm_users_by_tenant').on('kms_realm_users').columns(['tenant_id', 'username']).execute();
  },
};
