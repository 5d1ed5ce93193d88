import type { KyselyPlugin, RootOperationNode } from 'kysely';
import type { Database } from '#infra/database/databases.ts';

const WRITES: ReadonlySet<RootOperationNode['kind']> = new Set([
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
  'CreateTableNode',
  'CreateIndexNode',
]);

/** Called before each thing that a database is asked for; an error that one of them throws comes in the place of its answer. */
export interface Watch {
  /** A statement that writes, or the commit of a transaction. */
  readonly write: () => void;
  /** A statement that reads. */
  readonly read?: () => void;
  /** The answer to a transaction that is committed. */
  readonly committed?: () => void;
}

/** The same database, watched. */
export const watchedDatabase = <T>(database: Database<T>, { write, read = () => {}, committed = () => {} }: Watch): Database<T> => {
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (WRITES.has(node.kind)) write();
      else read();
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const db = database.db.withPlugin(plugin);
  // A query that was compiled before passes no plugin when it runs; ours of that kind write.
  const execute = db.executeQuery.bind(db);
  db.executeQuery = (query) => {
    write();
    return execute(query);
  };
  const transaction: typeof database.transaction = async (run) => {
    const result = await database.transaction(async (tx) => {
      const made = await run(tx.withPlugin(plugin));
      // Dying here, the commit never reaches the disk.
      write();
      return made;
    });
    committed();
    return result;
  };
  return {
    kind: database.kind,
    name: database.name,
    db,
    transaction,
    unsynced: { db, transaction },
    size: database.size,
    erase: database.erase,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
};
