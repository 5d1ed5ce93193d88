import type { Migration } from '#infra/database/migration.ts';

/** Names under which versions protected elsewhere before they were imported; within an elastic key each stands for one. */
export const addImportedKids: Migration = {
  name: '0016-imported-kids',
  up: async (db) => {
    await db.schema.alterTable('material_keys').addColumn('imported_kid', 'text').execute();
    await db.schema
      .createIndex('material_keys_by_imported_kid')
      .unique()
      .on('material_keys')
      .columns(['elastic_key_id', 'imported_kid'])
      .execute();
  },
};
