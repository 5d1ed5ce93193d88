import { sql } from 'kysely';
import type { Migration } from '#infra/database/migration.ts';

/** The columns by which keys are rotated, and an index for each cause: most keys have none. */
export const addKeyUsage: Migration = {
  name: '0010-key-usage',
  up: async (db) => {
    const added = ['max_protections', 'rotation_after_protections', 'rotation_period', 'latest_version_at', 'next_rotation_at'];
    // SQLite adds one column a statement.
    for (const column of added) await db.schema.alterTable('elastic_keys').addColumn(column, 'bigint').execute();
    for (const column of ['next_rotation_at', 'rotation_after_protections'])
      await db.schema
        .createIndex(`elastic_keys_by_${column}`)
        .on('elastic_keys')
        .column(column)
        .where(sql.ref(column), 'is not', null)
        .execute();
  },
};
