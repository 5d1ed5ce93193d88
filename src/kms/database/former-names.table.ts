import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';
import type { RowTag } from './row-tags.ts';

/** A name that an elastic key had and gave up. */
export interface FormerNameRow extends RowTag {
  /** The name. */
  id: string;
  /** The first key that had it; its record stays as long as the database. */
  elastic_key_id: string;
}

/** Names that keys gave up, and whether a key has the name of another. */
export const addFormerNames: Migration = {
  name: '0013-former-names',
  up: async (db, kind) => {
    const { flag } = columns(kind);
    await db.schema.alterTable('elastic_keys').addColumn('name_taken_over', flag).execute();
    await db.schema
      .createTable('former_names')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('elastic_key_id', 'text', (column) => column.notNull())
      .addColumn('row_revision', 'integer', (column) => column.notNull())
      .addColumn('row_tag', 'text', (column) => column.notNull())
      .execute();
  },
};
