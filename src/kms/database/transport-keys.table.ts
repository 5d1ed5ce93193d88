import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** A key pair to which a caller wraps one key that he imports. */
export interface TransportKeyRow extends RowTag {
  /** UUIDv7. */
  id: string;
  elastic_key_id: string;
  wrapping: string;
  /** Its private key as compact JWE under the tenant's content key. */
  wrapped: string;
  created_at: number;
  expires_at: number;
}

/** Where key material comes from and whether it may leave, and the keys under which it comes. */
export const createTransportKeys: Migration = {
  name: '0007-transport-keys',
  up: async (db, kind) => {
    const { millis, flag } = columns(kind);
    await db.schema.alterTable('elastic_keys').addColumn('origin', 'text').execute();
    await db.schema.alterTable('elastic_keys').addColumn('exportable', flag).execute();
    await db.schema
      .createTable('transport_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('elastic_key_id', 'text', (column) => column.notNull().references('elastic_keys.id').onDelete('cascade'))
      .addColumn('wrapping', 'text', (column) => column.notNull())
      .addColumn('wrapped', 'text', (column) => column.notNull())
      .addColumn('created_at', millis, (column) => column.notNull())
      .addColumn('expires_at', millis, (column) => column.notNull())
      .addColumn('row_revision', 'integer', (column) => column.notNull())
      .addColumn('row_tag', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('transport_keys_by_elastic_key').on('transport_keys').columns(['elastic_key_id', 'id']).execute();
  },
};
