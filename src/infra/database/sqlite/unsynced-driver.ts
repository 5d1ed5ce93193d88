import type { DatabaseSync } from 'node:sqlite';
import type { Driver } from 'kysely';

/**
 * A driver whose commits do not wait for the disk, on the connection of another one, which it takes turns with. The setting belongs to the
 * connection and cannot change within a transaction, so it changes with each turn.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export const unsyncedDriver = (driver: Driver, database: DatabaseSync): Driver => ({
  ...driver,
  acquireConnection: async () => {
    const connection = await driver.acquireConnection();
    try {
      database.exec('pragma synchronous = normal');
    } catch (error) {
      // The next one has its turn all the same.
      await driver.releaseConnection(connection);
      throw error;
    }
    return connection;
  },
  releaseConnection: async (connection) => {
    try {
      database.exec('pragma synchronous = full');
    } finally {
      await driver.releaseConnection(connection);
    }
  },
  // The other one closes the file.
  destroy: async () => {},
});
