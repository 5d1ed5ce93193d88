import type { DatabaseConnection, Dialect, Driver } from 'kysely';

/** Hands out at most so many connections at a time; who comes later waits for his turn. */
const fairDriver = (driver: Driver, max: number): Driver => {
  let taken = 0;
  const waiting: (() => void)[] = [];

  const enter = async (): Promise<void> => {
    if (taken < max) {
      taken += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push(resolve);
    await promise;
  };
  /** The place goes to the next one, or is free. */
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) taken -= 1;
    else next();
  };

  return {
    init: () => driver.init(),
    acquireConnection: async () => {
      await enter();
      return driver.acquireConnection().catch((error: unknown) => {
        leave();
        throw error;
      });
    },
    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    releaseConnection: async (connection: DatabaseConnection) => {
      try {
        await driver.releaseConnection(connection);
      } finally {
        leave();
      }
    },
    destroy: () => driver.destroy(),
  };
};

/**
 * The dialect with at most so many connections for what shares one Kysely; the rest of the pool is for the others.
 *
 * @param options.max at least 1
 */
export const fairDialect = (dialect: Dialect, { max }: { readonly max: number }): Dialect => ({
  createAdapter: () => dialect.createAdapter(),
  createDriver: () => fairDriver(dialect.createDriver(), max),
  createIntrospector: (db) => dialect.createIntrospector(db),
  createQueryCompiler: () => dialect.createQueryCompiler(),
});
