import type { Kysely } from 'kysely';
import type { Migration } from '#infra/database/migration.ts';

/** The two columns by which a row that decides is known to be the KMS's own. */
export interface RowTag {
  /** Counts the writes of the row, from 1; 0 for a row from before rows were tagged. */
  row_revision: number;
  /** `v1.` and HMAC-SHA-256 over table, key, tenant, every other column and the revision; null for such a row. */
  row_tag: string | null;
}

// A migration knows no tables of the present.
// oxlint-disable-next-line typescript/no-explicit-any
const addRowTag = async (db: Kysely<any>, table: string): Promise<void> => {
  // SQLite adds one column a statement.
  await db.schema
    .alterTable(table)
    .addColumn('row_revision', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable(table).addColumn('row_tag', 'text').execute();
};

export const tagServiceRows: Migration = {
  name: '0006-row-tags',
  up: async (db) => {
    await addRowTag(db, 'kms_tenants');
    await addRowTag(db, 'kms_realm_users');
  },
};

export const tagTenantRows: Migration = {
  name: '0003-row-tags',
  up: async (db) => {
    await addRowTag(db, 'elastic_keys');
    await addRowTag(db, 'material_keys');
  },
};
