import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** A change that was made, and its answer for the case that the client asks again. Times are epoch milliseconds. */
export interface IdempotencyKeyRow extends RowTag {
  /** SHA-256 of the caller and of the key that he sent, as base64url; in the database of the service after the id of his tenant and a dot. */
  id: string;
  /** SHA-256 of the request, as base64url. */
  fingerprint: string;
  /** JSON of the key that the change is about, or `null`; in the database of the service of the thing. */
  target: string;
  /** JSON object with the member `answer`, sealed under a key of the tenant. */
  answer: string;
  /** When the row may be removed; from then on nobody is answered with it. */
  expires_at: number;
}

export interface IdempotencyTables {
  idempotency_keys: IdempotencyKeyRow;
}

/** The index serves the count of the rows and their removal. */
const create: Migration['up'] = async (db, kind) => {
  await db.schema
    .createTable('idempotency_keys')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('fingerprint', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('answer', 'text', (column) => column.notNull())
    .addColumn('expires_at', columns(kind).millis, (column) => column.notNull())
    .addColumn('row_revision', 'integer', (column) => column.notNull())
    .addColumn('row_tag', 'text')
    .execute();
  await db.schema.createIndex('idempotency_keys_by_end').on('idempotency_keys').column('expires_at').execute();
};

export const createIdempotencyKeys: Migration = { name: '0006-idempotency-keys', up: create };

/** Of changes in the database of the service, where rows of all tenants stand. */
export const createServiceIdempotencyKeys: Migration = { name: '0009-idempotency-keys', up: create };
