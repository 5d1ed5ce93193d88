import type { Migration } from '#infra/database/migration.ts';

/** A key of the hierarchy, readable only with the key above it. */
export interface BarrierKeyRow {
  /** UUIDv7; `kid` of what this key wraps. */
  id: string;
  /** `root`, `intermediate` or `content`. */
  purpose: string;
  /** `service` or a tenant id. */
  owner: string;
  version: number;
  /** Compact JWE under the key above. */
  wrapped: string;
  created_at: number;
}

/** The unique constraint makes two replicas that start at once agree on one root. */
export const createBarrierKeys: Migration = {
  name: '0001-barrier-keys',
  up: async (db) => {
    await db.schema
      .createTable('barrier_keys')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('purpose', 'text', (column) => column.notNull())
      .addColumn('owner', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('wrapped', 'text', (column) => column.notNull())
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addUniqueConstraint('barrier_keys_one_per_version', ['purpose', 'owner', 'version'])
      .execute();
  },
};
