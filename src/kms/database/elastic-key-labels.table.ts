import type { Migration } from '#infra/database/migration.ts';

/**
 * A label of an elastic key, for the list that asks for it. It decides nothing and carries no tag: the row of the elastic key says which
 * labels it has, and what is found by this table is compared with it.
 */
export interface ElasticKeyLabelRow {
  elastic_key_id: string;
  name: string;
  value: string;
}

export const addElasticKeyLabels: Migration = {
  name: '0008-elastic-key-labels',
  up: async (db) => {
    await db.schema.alterTable('elastic_keys').addColumn('labels', 'text').execute();
    await db.schema
      .createTable('elastic_key_labels')
      .addColumn('elastic_key_id', 'text', (column) => column.notNull().references('elastic_keys.id').onDelete('cascade'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('value', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('elastic_key_labels_one_per_name', ['elastic_key_id', 'name'])
      .execute();
    await db.schema
      .createIndex('elastic_key_labels_by_name')
      .on('elastic_key_labels')
      .columns(['name', 'value', 'elastic_key_id'])
      .execute();
  },
};
