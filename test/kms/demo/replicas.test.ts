import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { type DatabaseConfig, MIN_POOL_SIZE } from '#infra/database/config.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import type { Seed } from '#kms/demo/seed-file.ts';
import { startDemo } from '#infra/demo-data/start-demo.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { asSeeded, countAll, inspect, startWorld } from '#test/kms/support/demo-world.ts';

const fresh = () => ({ demo: randomUUID(), 'demo-other': randomUUID() });
const unsealKey = new Uint8Array(randomBytes(32));
const seed: Seed = {
  tenants: ['demo', 'demo-other'],
  accounts: [{ username: 'demo-user', password_hash: '$pbkdf2-sha256$i=1$YQ$YQ', tenant: 'demo', roles: ['user'] }],
  elastic_keys: [{ name: 'demo-encryption-key', tenant: 'demo', algorithm: 'A256GCM/A256KW', description: '' }],
};
const PROGRAM = new URL('./kms-demo-process.ts', import.meta.url).pathname;

/** Another replica, which has come so far and goes no further. */
const replica = async (task: 'prepare' | 'reset', config: DatabaseConfig) => {
  const args = [PROGRAM, task, JSON.stringify(config), Buffer.from(unsealKey).toString('hex'), JSON.stringify(seed)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(createInterface({ input: child.stdout }), 'line');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { kill, [Symbol.asyncDispose]: kill };
};

describe.each(databaseKinds())('demo data that a killed process left on %s', (kind) => {
  it('is removed by the next start', async () => {
    await using test = await withDatabases(kind);
    await using other = await replica('prepare', test.config);
    await other.kill();
    const world = await startWorld(test.databases, unsealKey, seed);
    expect(await countAll(test.databases, world)).toMatchObject({ rows: 0, contentKeys: 0, databases: [] });
  });

  it('is a reset that the next start commits', async () => {
    await using test = await withDatabases(kind);
    await using other = await replica('reset', test.config);
    await other.kill();
    const world = await startWorld(test.databases, unsealKey, seed);
    const { tenants } = await world.demo.state();
    expect(await inspect(world)).toEqual(asSeeded(seed, tenants));
    expect(await countAll(test.databases, world)).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2, retiredUsers: 0 });
  });
});

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('the demo of replicas on one PostgreSQL', () => {
  const kind = 'postgres';

  it('is seeded once by three that start at once', async () => {
    await using test = await withDatabases(kind);
    const ids = fresh();
    const start = async () => {
      const world = await startWorld(await test.reopen(), unsealKey, seed);
      await world.demo.seed(ids);
      return world;
    };
    const worlds = await Promise.all([start(), start(), start()]);
    for (const world of worlds) expect(await inspect(world)).toEqual(asSeeded(seed, ids));
    expect(worlds.flatMap(({ events }) => events.map(({ type }) => type))).toEqual(['demo-seeded']);
    const all = await countAll(test.databases, worlds[0]);
    expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2 });
    expect(all.databases).toEqual(all.named);
  });

  it('is replaced once by three that start at once with a reset', async () => {
    await using test = await withDatabases(kind);
    const [old, ids] = [fresh(), fresh()];
    const one = await startWorld(await test.reopen(), unsealKey, seed);
    await one.demo.seed(old);
    const worlds = [one, await startWorld(await test.reopen(), unsealKey, seed), await startWorld(await test.reopen(), unsealKey, seed)];
    await Promise.all(worlds.map(({ demo }) => startDemo({ demo, reset: true, given: ids, emit: () => {} })));
    for (const world of worlds) expect(await inspect(world)).toEqual(asSeeded(seed, ids));
    const types = worlds.flatMap(({ events }) => events.map(({ type }) => type)).toSorted();
    const done = 'demo-reset-already-done';
    expect(types).toEqual([done, done, 'demo-reset-settled', 'demo-reset-started', 'demo-seeded']);
    const all = await countAll(test.databases, one);
    expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2, retiredUsers: 0 });
    expect(all.databases).toEqual(all.named);
  });

  it('is replaced by each of three that start at once with a reset to ids of their own, one after the other', async () => {
    await using test = await withDatabases(kind);
    const begin = async () => startWorld(await test.reopen(), unsealKey, seed);
    const worlds = await Promise.all([begin(), begin(), begin()]);
    await Promise.all(worlds.map(({ demo }) => startDemo({ demo, reset: true, given: {}, emit: () => {} })));
    const { tenants } = await worlds[0].demo.state();
    for (const world of worlds) expect(await inspect(world)).toEqual(asSeeded(seed, tenants));
    const all = await countAll(test.databases, worlds[0]);
    expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2, retiredUsers: 0 });
    expect(all.databases).toEqual(all.named);
  });

  it('is not touched by one that starts while another is at it: that one is waited for', async () => {
    await using test = await withDatabases(kind);
    await using other = await replica('prepare', test.config);
    const ready: string[] = [];
    const starting = startWorld(test.databases, unsealKey, seed).then((world) => {
      ready.push('started');
      return world;
    });
    // Whatever the start does before it waits, it has done once it stands in the queue of the lock.
    const { db } = await test.databases.open<{ pg_locks: { locktype: string; granted: boolean } }>('look', []);
    const waiting = () =>
      db
        .withSchema('pg_catalog')
        .selectFrom('pg_locks')
        .select('granted')
        .where('locktype', '=', 'advisory')
        .where('granted', '=', false)
        .execute();
    await expect.poll(waiting, { timeout: 10_000 }).toHaveLength(1);
    expect(ready).toEqual([]);
    await other.kill();
    expect(await countAll(test.databases, await starting)).toMatchObject({ rows: 0, databases: [] });
  });

  it('keeps a pending reset at the start of another replica while the one that began it lives, and either replica settles it', async () => {
    await using test = await withDatabases(kind);
    const [old, next] = [fresh(), fresh()];
    const one = await startWorld(await test.reopen(), unsealKey, seed);
    await one.demo.seed(old);
    for (const outcome of ['commit', 'rollback'] as const) {
      const { resetId } = await one.demo.reset(outcome === 'commit' ? next : fresh());
      const two = await startWorld(await test.reopen(), unsealKey, seed);
      expect((await two.demo.state()).resetPending).toBe(resetId);
      await two.demo[outcome](resetId);
      expect(await inspect(one)).toEqual(asSeeded(seed, next));
      const all = await countAll(test.databases, one);
      expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2, retiredUsers: 0 });
      expect(all.databases).toEqual(all.named);
    }
  });

  it('needs no more connections than the smallest pool has, also where another replica settles its resets', async () => {
    await using test = await withDatabases(kind);
    const [one, two] = [
      await startWorld(await test.reopen(MIN_POOL_SIZE), unsealKey, seed),
      await startWorld(await test.reopen(MIN_POOL_SIZE), unsealKey, seed),
    ];
    await one.demo.seed();
    for (let round = 0; round < MIN_POOL_SIZE; round += 1) {
      // The second commits the first.
      const [first, second] = [await one.demo.reset(), await one.demo.reset()];
      expect(second.previousTenants).toEqual(first.tenants);
      await two.demo.rollback(second.resetId);
    }
    expect((await one.demo.state()).resetPending).toBeNull();
  });

  it('is settled with the answer, when it is asked for again too: no replica uses what it read before', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey, seed);
    await world.demo.seed();
    for (const outcome of ['rollback', 'commit'] as const) {
      const { resetId } = await world.demo.reset();
      await world.demo[outcome](resetId);
      const asked = performance.now();
      await world.demo[outcome](resetId);
      expect(performance.now() - asked).toBeGreaterThanOrEqual(LEASE_MS);
    }
  });

  it('is never a mixture when replicas reset and start at once', async () => {
    await using test = await withDatabases(kind);
    const [one, two] = [await startWorld(await test.reopen(), unsealKey, seed), await startWorld(await test.reopen(), unsealKey, seed)];
    await one.demo.seed();
    const [first, second] = await Promise.all([one.demo.reset(), two.demo.reset(), startWorld(await test.reopen(), unsealKey, seed)]);
    const last = second.previousTenants['demo'] === first.tenants['demo'] ? second : first;
    await one.demo.rollback(last.resetId);
    expect(await inspect(two)).toEqual(asSeeded(seed, last.previousTenants));
    const all = await countAll(test.databases, one);
    expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2 });
    expect(all.databases).toEqual(all.named);
  });
});
