import type { Migration } from '#infra/database/migration.ts';

/**
 * A table from which a transaction took a secret, until the files of the database are rid of it too: a process that is killed in between
 * leaves the row, and the work, to the next one.
 */
export interface ErasureDueRow {
  table_name: string;
}

export const createErasuresDue: Migration = {
  name: '0009-erasures-due',
  up: async (db) => {
    await db.schema
      .createTable('erasures_due')
      .addColumn('table_name', 'text', (column) => column.primaryKey())
      .execute();
  },
};
