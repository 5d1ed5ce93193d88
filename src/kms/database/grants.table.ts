import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** A right of one principal to use one elastic key. A row that is gone gives nothing, and is put back by nobody. */
export interface GrantRow extends RowTag {
  /** UUIDv7. */
  id: string;
  elastic_key_id: string;
  /** SHA-256 of kind, issuer and subject, as base64url: by it the grants of a principal are found. */
  grantee_hash: string;
  grantee_kind: string;
  grantee_issuer: string | null;
  grantee_subject: string;
  /** JSON array of operations. */
  operations: string;
  /** How the context of a use must be; null where any will do. */
  context_rule: string | null;
  context_value: string | null;
  created_at: number;
  expires_at: number;
  granter_kind: string;
  granter_issuer: string | null;
  granter_subject: string;
}

export const createGrants: Migration = {
  name: '0015-grants',
  up: async (db, kind) => {
    const { millis } = columns(kind);
    await db.schema
      .createTable('grants')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('elastic_key_id', 'text', (column) => column.notNull().references('elastic_keys.id').onDelete('cascade'))
      .addColumn('grantee_hash', 'text', (column) => column.notNull())
      .addColumn('grantee_kind', 'text', (column) => column.notNull())
      .addColumn('grantee_issuer', 'text')
      .addColumn('grantee_subject', 'text', (column) => column.notNull())
      .addColumn('operations', 'text', (column) => column.notNull())
      .addColumn('context_rule', 'text')
      .addColumn('context_value', 'text')
      .addColumn('created_at', millis, (column) => column.notNull())
      .addColumn('expires_at', millis, (column) => column.notNull())
      .addColumn('granter_kind', 'text', (column) => column.notNull())
      .addColumn('granter_issuer', 'text')
      .addColumn('granter_subject', 'text', (column) => column.notNull())
      .addColumn('row_revision', 'integer', (column) => column.notNull())
      .addColumn('row_tag', 'text', (column) => column.notNull())
      .execute();
    await db.schema.createIndex('grants_by_grantee').on('grants').columns(['grantee_hash', 'id']).execute();
    await db.schema.createIndex('grants_by_elastic_key').on('grants').columns(['elastic_key_id', 'id']).execute();
    await db.schema.createIndex('grants_by_expiry').on('grants').column('expires_at').execute();
  },
};
