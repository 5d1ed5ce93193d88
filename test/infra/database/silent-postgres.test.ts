import { randomUUIDv7 } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PostgresConfig } from '#infra/database/config.ts';
import { describeError } from '#infra/database/common/errors.ts';
import { createPostgresLocks } from '#infra/database/postgres/postgres-locks.ts';
import { createPool } from '#infra/database/postgres/postgres-pool.ts';
import { listening } from '#test/support/listening.ts';
import { postgresProviders } from '#test/support/postgres/providers.ts';
import type { RunningPostgres } from '#test/support/postgres/running-postgres.ts';

const ANSWER_MS = 1_000;
const POOL_SIZE = 3;

/** Stands between a client and PostgreSQL; what it holds still is neither forwarded nor closed, as with a network that drops packets. */
const relayTo = async ({ host, port = 0 }: PostgresConfig) => {
  const pairs = new Set<readonly [Socket, Socket]>();
  const { port: relayed, [Symbol.asyncDispose]: end } = await listening(
    createServer((socket) => {
      const upstream = connect({ host, port }).on('error', () => socket.destroy());
      socket.once('close', () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
      pairs.add([socket, upstream]);
    }),
  );
  onTestFinished(end);
  return {
    port: relayed,
    made: () => pairs.size,
    /** From now on the connections that are open forward nothing; new ones do. */
    holdStill: (): void => {
      for (const [socket, upstream] of pairs) {
        socket.unpipe(upstream).pause();
        upstream.unpipe(socket).pause();
      }
    },
  };
};

const poolOf = async (config: PostgresConfig) => {
  const lost: string[] = [];
  const { pool, close } = await createPool(
    { ...config, pool_size: POOL_SIZE },
    { onLost: ({ message }) => void lost.push(message), onUnusable: (error) => void lost.push(String(error)) },
    { answerMs: ANSWER_MS },
  );
  onTestFinished(close);
  return { pool, lost };
};

describe.each((await postgresProviders()).slice(-1))('a PostgreSQL, $name, that falls silent', (provider) => {
  let postgres: RunningPostgres;
  beforeAll(async () => {
    postgres = await provider.start();
  });
  afterAll(async () => postgres[Symbol.asyncDispose]());

  it('fails what waits for it, and leaves the pool free for new connections', async () => {
    const relay = await relayTo(postgres.config);
    const { pool, lost } = await poolOf({ ...postgres.config, port: relay.port });
    const clients = await Promise.all(Array.from({ length: POOL_SIZE }, () => pool.connect()));
    await Promise.all(clients.map((client) => client.query('select 1')));
    for (const client of clients) client.release();
    expect(relay.made()).toBe(POOL_SIZE);

    relay.holdStill();
    const started = performance.now();
    const ended = await Promise.allSettled(Array.from({ length: POOL_SIZE }, () => pool.query('select 1')));
    const took = performance.now() - started;
    const why = `Connection terminated: waited ${ANSWER_MS} ms for ${postgres.config.host}:${relay.port} to answer a query`;
    expect(ended.map((end) => (end.status === 'rejected' ? describeError(end.reason, 'any') : end.status))).toEqual(
      Array.from({ length: POOL_SIZE }, () => expect.objectContaining({ code: 'database-unavailable', status: 503 }) as unknown),
    );
    expect(took).toBeGreaterThanOrEqual(ANSWER_MS - 50);
    expect(lost).toEqual(Array.from({ length: POOL_SIZE }, () => why));

    expect((await pool.query('select 2 as answer')).rows).toEqual([{ answer: 2 }]);
    expect(relay.made()).toBe(POOL_SIZE + 1);
  });

  it('does not hold up a transaction that is rolled back because of it', async () => {
    const relay = await relayTo(postgres.config);
    const { pool } = await poolOf({ ...postgres.config, port: relay.port });
    const client = await pool.connect();
    await client.query('begin');
    relay.holdStill();
    await expect(client.query('select 1')).rejects.toThrow('Connection terminated');
    await expect(client.query('rollback')).rejects.toThrow('not queryable');
    client.release();
    expect((await pool.query('select 2 as answer')).rows).toEqual([{ answer: 2 }]);
  });

  it('is told from one that lets a lock be waited for, and from a connection that nothing is asked on', async () => {
    const { pool, lost } = await poolOf(postgres.config);
    const locks = createPostgresLocks(pool, 'any');
    onTestFinished(locks.releaseAll);
    const name = `lock-${randomUUIDv7()}`;
    const held = await locks.lock(name);
    const waiting = locks.lock(name);
    const waiters = "select 1 from pg_locks where locktype = 'advisory' and not granted";
    await expect.poll(async () => (await pool.query(waiters)).rowCount).toBe(1);

    // This takes the limit at least, while the one lock is held and the other waited for.
    await expect(pool.query('select pg_sleep(5)')).rejects.toThrow(`waited ${ANSWER_MS} ms`);
    expect(held.lost.aborted).toBe(false);
    expect(lost).toHaveLength(1);
    await held[Symbol.asyncDispose]();
    const next = await waiting;
    expect(next.lost.aborted).toBe(false);
    await next[Symbol.asyncDispose]();
    expect(lost).toHaveLength(1);
  });

  it('is looked for with keep-alive probes ten seconds after the last word', async () => {
    const { pool } = await poolOf(postgres.config);
    expect(pool.options).toMatchObject({ keepAlive: true, keepAliveInitialDelayMillis: 10_000 });
  });
});
