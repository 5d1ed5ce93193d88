import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

export interface MaterialKeyRow extends RowTag {
  id: string;
  elastic_key_id: string;
  version: number;
  state: string;
  /** The secret as compact JWE under the tenant's content key; a public key is derived from it, so that no row can put another in its place. */
  wrapped: string;
  /** Protections that processes have taken out in blocks; never below what was really done. */
  protections_reserved: number;
  created_at: number;
  deactivated_at: number | null;
  revoked_at: number | null;
  revocation_reason: string | null;
  revocation_comment: string | null;
  /** 1 where the revocation lets the version process on; null where there is none. */
  revoked_processes: number | null;
  /** When the secret is to be destroyed; null where nobody asked for it. */
  deletion_due_at: number | null;
  destroyed_at: number | null;
  /** The kid of what it protected before it was imported, no UUID; null where there is none. */
  imported_kid: string | null;
}

export const createMaterialKeys: Migration = {
  name: '0002-material-keys',
  up: async (db) => {
    await db.schema
      .createTable('material_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('elastic_key_id', 'text', (column) => column.notNull().references('elastic_keys.id').onDelete('cascade'))
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('wrapped', 'text', (column) => column.notNull())
      .addColumn('protections_reserved', 'bigint', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('deactivated_at', 'bigint')
      .addUniqueConstraint('material_keys_one_per_version', ['elastic_key_id', 'version'])
      .execute();
  },
};
