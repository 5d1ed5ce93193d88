import type { Pool, PoolClient } from 'pg';
import type { Locks } from '../locks.ts';
import { describeError } from '../errors.ts';

/** Milliseconds that a lock is waited for; what is done under one takes seconds at most. */
const WAIT_MS = 60_000;

export interface PostgresLocks extends Locks {
  /** Ends every lock that is held. */
  releaseAll(): Promise<void>;
}

const keyOf = (name: string): string => `passthru-lock:${name}`;

/**
 * Advisory locks of sessions: each has a connection of the pool to itself while it is held, and the server ends it with that
 * connection. The key is a 64-bit hash of the name, apart from the names of migrations.
 *
 * @see https://www.postgresql.org/docs/17/explicit-locking.html#ADVISORY-LOCKS
 */
export const createPostgresLocks = (pool: Pool, database: string): PostgresLocks => {
  const held = new Set<() => Promise<void>>();

  const holding = (client: PoolClient, name: string): AsyncDisposable => {
    let released: Promise<void> | undefined;
    const release = async (): Promise<void> => {
      held.delete(end);
      try {
        await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [keyOf(name)]);
      } catch {
        // The connection broke, and the lock ended with it.
      } finally {
        // Its settings are not those of the others.
        client.release(true);
      }
    };
    const end = (): Promise<void> => (released ??= release());
    held.add(end);
    return { [Symbol.asyncDispose]: end };
  };

  const withClient = async <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch((error: unknown) => {
      throw describeError(error, database);
    });
    try {
      return await work(client);
    } catch (error) {
      client.release(true);
      throw describeError(error, database);
    }
  };

  return {
    lock: (name) =>
      withClient(async (client) => {
        await client.query("select set_config('lock_timeout', $1, false), set_config('statement_timeout', '0', false)", [`${WAIT_MS}`]);
        await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [keyOf(name)]);
        return holding(client, name);
      }),
    tryLock: (name) =>
      withClient(async (client) => {
        const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as taken', [
          keyOf(name),
        ]);
        if (rows[0]?.taken === true) return holding(client, name);
        client.release();
        return null;
      }),
    releaseAll: async () => {
      await Promise.all([...held].map((end) => end()));
    },
  };
};
