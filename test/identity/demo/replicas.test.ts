import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POOL_SIZE, MIN_POOL_SIZE } from '#infra/database/config.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { contents, demoOn, testSeed } from '#test/identity/demo/identity-demo.ts';

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('the demo of replicas of Identity on one PostgreSQL', () => {
  const setup = async () => {
    const test = await withDatabases('postgres');
    const seed = testSeed();
    const replica = async (poolSize = DEFAULT_POOL_SIZE) => {
      const databases = await test.reopen(poolSize);
      const database = await databases.open<IdentityTables>('identity', identityMigrations);
      const demo = demoOn(database, seed, () => {}, databases);
      await demo.sweep();
      return { database, demo, end: () => databases[Symbol.asyncDispose]() };
    };
    return { seed, replica, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() };
  };

  it('is seeded once by three that start at once', async () => {
    await using test = await setup();
    const given = Object.fromEntries(test.seed.tenants.map((name) => [name, randomUUID()]));
    const replicas = await Promise.all([test.replica(), test.replica(), test.replica()]);
    expect(await Promise.all(replicas.map(({ demo }) => demo.seed(given)))).toEqual([given, given, given]);
    const all = await contents(replicas[0].database);
    expect([all.tenants.length, all.accounts.length, all.clients.length]).toEqual([2, 2, 1]);
  });

  it('is replaced by three that start at once with a reset, one after the other', async () => {
    await using test = await setup();
    const given = Object.fromEntries(test.seed.tenants.map((name) => [name, randomUUID()]));
    const replicas = await Promise.all([test.replica(), test.replica(), test.replica()]);
    expect(await Promise.all(replicas.map(({ demo }) => demo.replace(given)))).toEqual([given, given, given]);
    const all = await contents(replicas[0].database);
    expect([all.tenants.length, all.accounts.length, all.clients.length]).toEqual([2, 2, 1]);
  });

  it('keeps a pending reset while the replica that began it lives, and is committed by a start after its end', async () => {
    await using test = await setup();
    const one = await test.replica();
    await one.demo.seed();
    const { resetId, tenants } = await one.demo.reset();
    const two = await test.replica();
    expect((await two.demo.state()).resetPending).toBe(resetId);
    await one.end();
    const three = await test.replica();
    expect(await three.demo.state()).toEqual({ seeded: true, tenants, resetPending: null });
    expect((await contents(three.database)).accounts).toHaveLength(2);
  });

  it('is settled by whichever replica is asked', async () => {
    await using test = await setup();
    const [one, two] = [await test.replica(), await test.replica()];
    const before = await one.demo.seed();
    const { resetId } = await one.demo.reset();
    expect(await two.demo.rollback(resetId)).toEqual({ seeded: true, tenants: before, resetPending: null });
    const again = await one.demo.reset();
    expect(again.previousTenants).toEqual(before);
  });

  it('needs no more connections than the smallest pool has, also where another replica settles its resets', async () => {
    await using test = await setup();
    const [one, two] = [await test.replica(MIN_POOL_SIZE), await test.replica(MIN_POOL_SIZE)];
    await one.demo.seed();
    for (let round = 0; round < MIN_POOL_SIZE; round += 1) {
      // The second commits the first.
      const [first, second] = [await one.demo.reset(), await one.demo.reset()];
      expect(second.previousTenants).toEqual(first.tenants);
      await two.demo.rollback(second.resetId);
    }
    expect((await one.demo.state()).resetPending).toBeNull();
  });

  it('keeps a pending reset also while the replica that began it fails to begin another one', async () => {
    await using test = await setup();
    const one = await test.replica();
    const tenants = await one.demo.seed();
    const { resetId, previousTenants } = await one.demo.reset();
    const used = (await one.demo.state()).tenants;
    await expect(one.demo.reset(used)).rejects.toMatchObject({ code: 'demo-tenant-id-used' });
    const two = await test.replica();
    expect((await two.demo.state()).resetPending).toBe(resetId);
    await one.demo.rollback(resetId);
    expect([previousTenants, (await two.demo.state()).tenants]).toEqual([tenants, tenants]);
  });
});
