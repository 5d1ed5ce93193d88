import type { DatabaseSync } from 'node:sqlite';
import { type Dialect, type Driver, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import type { Erasure } from './erasure.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { unsyncedDriver } from './unsynced-driver.ts';

const driver = (connection: SqliteConnection): Driver => {
  let last: Promise<void> = Promise.resolve();
  let release: (() => void) | undefined;
  return {
    init: async () => {},
    acquireConnection: async () => {
      const before = last;
      const { promise, resolve } = Promise.withResolvers<void>();
      last = promise;
      await before;
      release = resolve;
      return connection;
    },
    // The write lock at once: a transaction that asks for it later, after reading, can only fail.
    beginTransaction: () => connection.control('begin immediate'),
    commitTransaction: () => connection.control('commit'),
    rollbackTransaction: async () => {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (connection.isTransaction) await connection.control('rollback');
    },
    releaseConnection: async () => release?.(),
    destroy: async () => connection.close(),
  };
};

/** Kysely would queue for the one connection before it asks the driver, which then could not refuse who waits for himself. */
class QueueingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

const dialectOf = (driverOf: Driver): Dialect => ({
  createAdapter: () => new QueueingAdapter(),
  createDriver: () => driverOf,
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/**
 * Kysely over one open file of node:sqlite, one connection, transactions one after the other; once with commits that wait for the disk, and
 * once with commits that do not. Both share the connection, which the first closes.
 */
export const sqliteDialects = (database: DatabaseSync, erasure: Erasure): { readonly synced: Dialect; readonly unsynced: Dialect } => {
  const synced = driver(new SqliteConnection(database, erasure));
  return { synced: dialectOf(synced), unsynced: dialectOf(unsyncedDriver(synced, database)) };
};
