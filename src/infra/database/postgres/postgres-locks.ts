import type { Pool, PoolClient } from 'pg';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { Lock, Locks } from '../locks.ts';
import { allowAnswer, ANSWER_MARGIN_MS } from './answer-limit.ts';
import { databaseClosing, describeError, lockLost } from '../common/errors.ts';

/** Milliseconds that a lock is waited for; what is done under one takes seconds at most. */
const WAIT_MS = 60_000;

export interface PostgresLocks extends Locks {
  /** Ends every lock that is held, and every wait for one; from then on none is given. */
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
  /** Connections on which a lock is asked for. */
  const asking = new Set<PoolClient>();
  let isClosing = false;

  const holding = (client: PoolClient, name: string): Lock => {
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
    const lost = new AbortController();
    client.once('end', () => {
      if (released === undefined) lost.abort(lockLost(database));
    });
    return { lost: lost.signal, [Symbol.asyncDispose]: end };
  };

  /** Ends the connection and with it the question, unless that was done before. */
  const giveUp = (client: PoolClient): void => {
    if (asking.delete(client)) client.release(true);
  };

  /** @param ask whether the lock was had on this connection */
  const take = async (name: string, ask: (client: PoolClient) => Promise<boolean>): Promise<Lock | null> => {
    if (isClosing) throw databaseClosing(database);
    const client = await pool.connect().catch((error: unknown) => {
      throw describeError(error, database);
    });
    asking.add(client);
    try {
      if (isClosing) throw databaseClosing(database);
      const isTaken = await ask(client);
      // Given up while the answer was on its way.
      if (!asking.delete(client)) throw databaseClosing(database);
      if (isTaken) return holding(client, name);
      client.release();
      return null;
    } catch (error) {
      giveUp(client);
      throw describeError(error, database);
    }
  };

  return {
    lock: async (name) => {
      const lock = await take(name, async (client) => {
        allowAnswer(client, WAIT_MS + ANSWER_MARGIN_MS);
        await client.query("select set_config('lock_timeout', $1, false), set_config('statement_timeout', '0', false)", [`${WAIT_MS}`]);
        await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [keyOf(name)]);
        return true;
      });
      if (lock === null) throw new InternalError(`waited for the lock ${name} and did not get it`);
      return lock;
    },
    tryLock: (name) =>
      take(name, async (client) => {
        const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as taken', [
          keyOf(name),
        ]);
        return rows[0]?.taken === true;
      }),
    releaseAll: async () => {
      isClosing = true;
      for (const client of asking) giveUp(client);
      await Promise.all([...held].map((end) => end()));
    },
  };
};
