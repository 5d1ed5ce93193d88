import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

export interface ElasticKeyRow extends RowTag {
  id: string;
  name: string;
  description: string;
  algorithm: string;
  /** JSON array of operations. */
  operations: string;
  state: string;
  latest_version: number;
  min_decryption_version: number;
  created_at: number;
  updated_at: number;
  expires_at: number | null;
  /** When what the key holds is to be destroyed; null where nobody asked for it. */
  deletion_due_at: number | null;
  /** The state that a restored key has again. */
  restores_to: string | null;
  destroyed_at: number | null;
  /** Counts the revocations, deletions and restorations of its versions; null for none. */
  version_changes: number | null;
  /** `external` where others make its key material; null where the KMS does. */
  origin: string | null;
  /** 1 where its key material may leave the KMS; null where not. */
  exportable: number | null;
  /** JSON object of texts; null for none. */
  labels: string | null;
  max_protections: number | null;
  rotation_after_protections: number | null;
  /** Seconds. */
  rotation_period: number | null;
  /** When the newest version was made; null where that was with the key, or before there was this column. */
  latest_version_at: number | null;
  next_rotation_at: number | null;
  /** 1 where another key had the name before; null where not. */
  name_taken_over: number | null;
}

/** The indexes carry the two sort orders of the list, so that a page costs the same at ten and at ten thousand keys. */
export const createElasticKeys: Migration = {
  name: '0001-elastic-keys',
  up: async (db) => {
    await db.schema
      .createTable('elastic_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('algorithm', 'text', (column) => column.notNull())
      .addColumn('operations', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('latest_version', 'integer', (column) => column.notNull())
      .addColumn('min_decryption_version', 'integer', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .execute();
    await db.schema.createIndex('elastic_keys_by_age').on('elastic_keys').columns(['created_at', 'id']).execute();
  },
};

/** Quotas count keys and versions from this index alone, which is a fifth of the work that the rows themselves are. */
export const countElasticKeys: Migration = {
  name: '0012-elastic-keys-counted',
  up: async (db) => {
    await db.schema.createIndex('elastic_keys_counted').on('elastic_keys').columns(['state', 'latest_version']).execute();
  },
};
