import type { KyselyPlugin, Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';

/** A database whose process ends at a statement: that one and all later ones are not made, and an open transaction is rolled back. */
export const cutOffAt = <T>(database: Database<T>, statement: number): Database<T> => {
  let made = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      made += 1;
      if (made >= statement) throw new Error('cut off');
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return {
    ...database,
    db: database.db.withPlugin(plugin),
    transaction: (run) => database.transaction((tx) => run(tx.withPlugin(plugin) as Transaction<T>)),
  };
};
