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
