import type { Migration } from '#infra/database/migration.ts';

/**
 * A table from which a transaction took a secret, until the files of the database are rid of it too: a process that is killed in between
 * leaves the row, and the work, to the next one.
 */
export interface ErasureDueRow {
  table_name: string;
  /** Epoch milliseconds before which it is not tried again; null where it was not tried yet. */
  not_before: number | null;
  /** Transactions that took a secret from it since it was noted: one that did so during an erasure asks for another. */
  destructions: number;
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

export const addErasureBackoff: Migration = {
  name: '0011-erasure-backoff',
  up: async (db) => {
    await db.schema.alterTable('erasures_due').addColumn('not_before', 'bigint').execute();
    await db.schema
      .alterTable('erasures_due')
      .addColumn('destructions', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
  },
};
