import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** An API key of the tenant. Times are epoch milliseconds. */
export interface ApiKeyRow extends RowTag {
  /** UUIDv7. */
  id: string;
  name: string;
  /** JSON object of texts. */
  labels: string;
  /** JSON array of scopes. */
  scopes: string;
  state: string;
  /** Subject of the one who made it. */
  created_by: string;
  created_at: number;
  updated_at: number;
  expires_at: number;
  rotated_at: number | null;
  revoked_at: number | null;
  /** HMAC-SHA-256 under a key of the tenant behind the barrier, as base64url. */
  secret_hash: string;
  /** That of the secret before the last rotation; null where there was none. */
  previous_hash: string | null;
  previous_until: number | null;
}

/** When an API key was used last. It decides nothing and carries no tag; requests do not write it, a job does. */
export interface ApiKeyUseRow {
  api_key_id: string;
  /** Epoch milliseconds. */
  used_at: number;
}

/** The index serves the order of the list. */
export const createApiKeys: Migration = {
  name: '0014-api-keys',
  up: async (db, kind) => {
    const { millis, json } = columns(kind);
    await db.schema
      .createTable('api_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('labels', json, (column) => column.notNull())
      .addColumn('scopes', json, (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('created_by', 'text', (column) => column.notNull())
      .addColumn('created_at', millis, (column) => column.notNull())
      .addColumn('updated_at', millis, (column) => column.notNull())
      .addColumn('expires_at', millis, (column) => column.notNull())
      .addColumn('rotated_at', millis)
      .addColumn('revoked_at', millis)
      .addColumn('secret_hash', 'text', (column) => column.notNull())
      .addColumn('previous_hash', 'text')
      .addColumn('previous_until', millis)
      .addColumn('row_revision', 'integer', (column) => column.notNull())
      .addColumn('row_tag', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('api_keys_in_order').on('api_keys').columns(['created_at', 'id']).execute();
    await db.schema
      .createTable('api_key_uses')
      .addColumn('api_key_id', 'text', (column) => column.primaryKey().references('api_keys.id').onDelete('cascade'))
      .addColumn('used_at', millis, (column) => column.notNull())
      .execute();
  },
};
