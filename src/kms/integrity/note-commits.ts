import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { DatabaseRows } from './row-integrity.ts';
import type { TaggedTable } from './tagged-tables.ts';

/**
 * A database whose commits are noted before they are acknowledged: who owns it cannot undo one, as by a trigger at its end, and have the
 * KMS go on as if nobody had asked for it.
 */
export const noteCommits = <T>(database: Database<T>, rows: Pick<DatabaseRows<TaggedTable, T>, 'committed'>): Database<T> => ({
  ...database,
  transaction: async <R>(run: (tx: Transaction<T>) => Promise<R>): Promise<R> => {
    const { tx, result } = await database.transaction(async (own) => ({ tx: own, result: await run(own) }));
    rows.committed(tx);
    return result;
  },
});
