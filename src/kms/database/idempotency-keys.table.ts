import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** A change that was made, and its answer for the case that the client asks again. Times are epoch milliseconds. */
export interface IdempotencyKeyRow extends RowTag {
  /** SHA-256 of the caller and of the key that he sent, as base64url. */
  id: string;
  /** SHA-256 of the request, as base64url. */
  fingerprint: string;
  /** JSON of the key that the change is about, or `null`. */
  target: string;
  /** JSON object with the member `answer`. */
  answer: string;
  /** When the row may be removed; from then on nobody is answered with it. */
  expires_at: number;
}

/** The index serves the count of a tenant's rows and their removal. */
export const createIdempotencyKeys: Migration = {
  name: '0006-idempotency-keys',
  up: async (db, kind) => {
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
  },
};
