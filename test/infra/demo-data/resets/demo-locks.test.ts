import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { Lock } from '#infra/database/locks.ts';
import { createDemoLocks } from '#infra/demo-data/resets/create-demo-locks.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestTables, testMigrations, thing } from '#test/infra/database/database-tables.ts';
import { postgresProviders } from '#test/support/postgres/providers.ts';

const insert = () => {
  const id = randomUUIDv7();
  return thing({ id, name: `thing-${id}` });
};

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('a change of the demo on PostgreSQL', () => {
  it('whose lock ended with its connection is not committed, and the next one has a lock of its own', async () => {
    await using test = await withDatabases('postgres');
    const database = await test.databases.open<TestTables>(`db_${randomUUIDv7().replaceAll('-', '')}`, testMigrations);
    const taken: Lock[] = [];
    const lock = async (name: string): Promise<Lock> => {
      const one = await test.databases.lock(name);
      taken.push(one);
      return one;
    };
    const locks = createDemoLocks({ lock, tryLock: test.databases.tryLock }, 'kms');
    const { transaction } = locks.guard(database);
    const [kept, lost] = [insert(), insert()];
    const change = locks.exclusively(() =>
      transaction(async (tx) => {
        await tx.insertInto('things').values(lost).execute();
        const signal = taken[0]?.lost ?? AbortSignal.abort();
        const noticed = once(signal, 'abort');
        await sql`select pg_terminate_backend(pid) from pg_locks
          where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`.execute(tx);
        await noticed;
      }),
    );
    await expect(change).rejects.toMatchObject({ code: 'database-lock-lost', status: 503 });
    await locks.exclusively(() => transaction((tx) => tx.insertInto('things').values(kept).execute()));
    expect((await database.db.selectFrom('things').select('id').execute()).map(({ id }) => id)).toEqual([kept.id]);
    expect(taken).toHaveLength(2);
  });
});

describe.each((await postgresProviders()).slice(0, 1))('a pending reset on $name', (provider) => {
  it('has its owner again once PostgreSQL is back, until that one gives it up', async () => {
    await using postgres = await provider.start();
    await using one = await openDatabases(postgres.config);
    await using two = await openDatabases(postgres.config);
    await using owner = createDemoLocks(one, 'identity');
    const other = createDemoLocks(two, 'identity');
    const [resetId, settled] = [randomUUIDv7(), randomUUIDv7()];
    await owner.own(settled);
    await owner.own(resetId);
    expect([await other.hasOwner(settled), await other.hasOwner(resetId)]).toEqual([false, true]);
    await postgres.crash();
    await expect(other.hasOwner(resetId)).rejects.toMatchObject({ code: 'database-unavailable' });
    await postgres.start();
    await expect.poll(() => other.hasOwner(resetId), { timeout: 20_000 }).toBe(true);
    expect(await other.hasOwner(settled)).toBe(false);
    await owner.disown(resetId);
    expect(await other.hasOwner(resetId)).toBe(false);
  });
});
