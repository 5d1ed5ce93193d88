import { sql } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** Times are epoch milliseconds. */
export interface TenantRow extends RowTag {
  /** UUIDv4. */
  id: string;
  name: string;
  /** `t_` and 32 hexadecimal digits, made here: SQLite file or PostgreSQL schema. */
  schema_name: string;
  state: string;
  /** 1 for a tenant of the demo seed. */
  demo: number;
  created_at: number;
  retired_at: number | null;
  description: string | null;
  /** JSON object of texts by name; null for none. */
  labels: string | null;
  suspended_at: number | null;
  removal_due_at: number | null;
  /** The state to which a cancelled removal leads back. */
  restores_to: string | null;
  removed_at: number | null;
}

/** Only active tenants compete for a name: a reset prepares the new one beside the old one. */
export const createTenantsTable: Migration = {
  name: '0002-tenants',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('kms_tenants')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('schema_name', 'text', (column) => column.notNull().unique())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('demo', 'integer', (column) => column.notNull())
      .addColumn('created_at', type.millis, (column) => column.notNull())
      .addColumn('retired_at', type.millis)
      .execute();
    await db.schema
      .createIndex('kms_tenants_name')
      .unique()
      .on('kms_tenants')
      .column('name')
      .where(sql.ref('state'), '=', sql.lit('active'))
      .execute();
  },
};

/**
 * A tenant that is suspended, or about to be removed, keeps its name: files of operators name tenants by it, and their users would be
 * those of a new tenant that has it. The index finds what is due without a look at the rest.
 */
export const addTenantLifeCycle: Migration = {
  name: '0010-tenant-life-cycle',
  up: async (db, kind) => {
    const type = columns(kind);
    const added = {
      description: 'text',
      labels: 'text',
      suspended_at: type.millis,
      removal_due_at: type.millis,
      restores_to: 'text',
      removed_at: type.millis,
    } as const;
    // SQLite adds one column a statement.
    for (const [column, of] of Object.entries(added)) await db.schema.alterTable('kms_tenants').addColumn(column, of).execute();
    await db.schema.dropIndex('kms_tenants_name').execute();
    await db.schema
      .createIndex('kms_tenants_name')
      .unique()
      .on('kms_tenants')
      .column('name')
      .where(sql.ref('state'), 'in', sql`('active', 'suspended', 'pending-removal')`)
      .execute();
    await db.schema.createIndex('kms_tenants_by_removal').on('kms_tenants').column('removal_due_at').execute();
    await db.schema.createIndex('kms_tenants_by_creation').on('kms_tenants').columns(['created_at', 'id']).execute();
  },
};
