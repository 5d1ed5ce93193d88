import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { DatabaseRows } from './row-integrity.ts';
import type { TaggedTable } from './tagged-tables.ts';

/**
 * A database whose transactions end with the ledger: what they wrote is listed before the commit, and the commit is noted before it is
 * acknowledged. So the owner of the database cannot undo it, as by a trigger, and have the KMS go on as if nobody had asked for it.
 */
export const withLedger = <T>(
  database: Database<T>,
  rows: Pick<DatabaseRows<TaggedTable, T>, 'begins' | 'ends' | 'committed'>,
): Database<T> => {
  const transaction = async <R>(run: (tx: Transaction<T>) => Promise<R>): Promise<R> => {
    const { tx, result } = await database.transaction(async (own) => {
      rows.begins(own);
      const made = await run(own);
      await rows.ends(own);
      return { tx: own, result: made };
    });
    rows.committed(tx);
    return result;
  };
  return { ...database, transaction, unsynced: { db: database.db, transaction } };
};
