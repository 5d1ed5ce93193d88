import { randomUUIDv7 } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { databaseKinds, withDatabases } from '#test/support/database.ts';

interface WaitingLocks {
  pg_locks: { locktype: string; granted: boolean; database: number };
}
const waitingLocks = (db: Kysely<WaitingLocks>) =>
  db
    .withSchema('pg_catalog')
    .selectFrom('pg_locks')
    .select('granted')
    .where('locktype', '=', 'advisory')
    .where('granted', '=', false)
    .where('database', '=', sql<number>`(select oid from pg_database where datname = current_database())`)
    .execute();

const name = (): string => `lock-${randomUUIDv7()}`;

describe.each(databaseKinds())('a lock on %s', (kind) => {
  it('has one holder at a time, in the order in which they asked', async () => {
    await using test = await withDatabases(kind);
    const lock = name();
    let holders = 0;
    const most: number[] = [];
    const order: number[] = [];
    const use = async (number: number): Promise<void> => {
      await using _held = await test.databases.lock(lock);
      most.push((holders += 1));
      await test.databases.ping();
      order.push(number);
      holders -= 1;
    };
    const first = await test.databases.lock(lock);
    const others = [1, 2, 3].map(use);
    await test.databases.ping();
    expect(order).toEqual([]);
    await first[Symbol.asyncDispose]();
    await Promise.all(others);
    expect(Math.max(...most)).toBe(1);
    expect(order.toSorted()).toEqual([1, 2, 3]);
  });

  it('is not had while another holds it, and had afterwards; another name is another lock', async () => {
    await using test = await withDatabases(kind);
    const lock = name();
    const held = await test.databases.lock(lock);
    expect(await test.databases.tryLock(lock)).toBeNull();
    await using other = await test.databases.tryLock(name());
    expect(other).not.toBeNull();
    await held[Symbol.asyncDispose]();
    await held[Symbol.asyncDispose]();
    await using again = await test.databases.tryLock(lock);
    expect(again).not.toBeNull();
    expect(await test.databases.tryLock(lock)).toBeNull();
  });
});

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('a lock among replicas on one PostgreSQL', () => {
  it('keeps them apart, and ends when its holder closes its databases', async () => {
    await using test = await withDatabases('postgres');
    const [lock, replica] = [name(), await test.reopen()];
    await replica.lock(lock);
    expect(await test.databases.tryLock(lock)).toBeNull();
    const waiting = test.databases.lock(lock);
    await replica[Symbol.asyncDispose]();
    await (await waiting)[Symbol.asyncDispose]();
  });

  it('is no longer waited for by a replica that closes its databases, and is given to none of its questions after that', async () => {
    await using test = await withDatabases('postgres');
    const [lock, replica] = [name(), await test.reopen()];
    await using _held = await test.databases.lock(lock);
    const waiting = Promise.allSettled([replica.lock(lock), replica.lock(lock)]);
    const { db } = await test.databases.open<WaitingLocks>('look', []);
    await expect.poll(() => waitingLocks(db), { timeout: 10_000 }).toHaveLength(2);
    const unavailable = { status: 'rejected', reason: { code: 'database-unavailable' } };
    // Far less than the minute that a lock is waited for.
    const closed = await Promise.race([replica[Symbol.asyncDispose](), setTimeout(20_000, 'waited', { ref: false })]);
    expect(closed).toBeUndefined();
    expect(await waiting).toMatchObject([unavailable, unavailable]);
    await expect(replica.lock(name())).rejects.toMatchObject(unavailable.reason);
  });
});
