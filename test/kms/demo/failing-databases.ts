import type { Kysely, KyselyPlugin, RootOperationNode } from 'kysely';
import type { Database, Databases } from '#infra/database/databases.ts';

/** Databases that die at the n-th write: from then on nothing is answered, as after kill -9. */
export interface FailingDatabases extends Databases {
  /** Whether the write came at which they die. */
  readonly died: () => boolean;
}

const WRITES: ReadonlySet<RootOperationNode['kind']> = new Set([
  'InsertQueryNode',
  'UpdateQueryNode',
  'DeleteQueryNode',
  'CreateTableNode',
  'CreateIndexNode',
]);

export class Crash extends Error {}

/** @param dieAt counts each writing statement, each commit and each removal of a database, from 1 on */
export const failingDatabases = (inner: Databases, dieAt: number): FailingDatabases => {
  let writes = 0;
  const write = (): void => {
    writes += 1;
    if (writes >= dieAt) throw new Crash(`died at write ${dieAt}`);
  };
  const alive = (): void => {
    if (writes >= dieAt) throw new Crash(`died at write ${dieAt}`);
  };
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (WRITES.has(node.kind)) write();
      else alive();
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const failing = <T>(database: Database<T>): Database<T> => ({
    kind: database.kind,
    name: database.name,
    db: database.db.withPlugin(plugin) as Kysely<T>,
    transaction: (run) =>
      database.transaction(async (tx) => {
        const result = await run(tx.withPlugin(plugin));
        // Dying here, the commit never reaches the disk.
        write();
        return result;
      }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  });
  return {
    kind: inner.kind,
    jobs: inner.jobs,
    open: async (name, migrations, options) => {
      alive();
      return failing(await inner.open(name, migrations, options));
    },
    drop: async (name) => {
      write();
      await inner.drop(name);
    },
    names: () => inner.names(),
    ping: (signal) => inner.ping(signal),
    lock: (name) => inner.lock(name),
    tryLock: (name) => inner.tryLock(name),
    died: () => writes >= dieAt,
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
};
