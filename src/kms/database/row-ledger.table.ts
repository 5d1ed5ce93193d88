import type { Migration } from '#infra/database/migration.ts';

/**
 * The tags of all rows that decide in this database, so that none of them can be put back alone. A page lists the rows that belong on
 * it, the head lists the pages; both carry an HMAC under a key of the barrier.
 */
export interface LedgerRow {
  /** `head`, or the two hexadecimal digits of a page. */
  id: string;
  /** Of a page, random and new with each write: the head names it. Of the head, a UUIDv7, made once with this ledger. */
  stamp: string;
  /** Counts the writes of the head; a page has the one that it was written with. */
  revision: number;
  /** JSON object: of the head, stamps by page; of a page, the beginning of tags by table and key. */
  entries: string;
  tag: string;
}

export interface LedgerTables {
  row_ledger: LedgerRow;
}

const createRowLedger: Migration['up'] = async (db) => {
  await db.schema
    .createTable('row_ledger')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('stamp', 'text', (column) => column.notNull())
    .addColumn('revision', 'bigint', (column) => column.notNull())
    .addColumn('entries', 'text', (column) => column.notNull())
    .addColumn('tag', 'text', (column) => column.notNull())
    .execute();
};

export const createServiceRowLedger: Migration = { name: '0007-row-ledger', up: createRowLedger };
export const createTenantRowLedger: Migration = { name: '0004-row-ledger', up: createRowLedger };
