import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Database, Databases, OpenOptions } from '#infra/database/databases.ts';
import type { Migration } from '#infra/database/migration.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { serviceMigrations } from '#kms/database/migrations.ts';
import type { Seed } from '#kms/demo/seed-file.ts';
import { startDemo } from '#infra/demo-data/start-demo.ts';
import { buildKms } from '#kms/server.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type DemoWorld, inspect, startWorld } from '#test/kms/support/demo-world.ts';
import { kmsHouse } from '#test/kms/support/kms-server.ts';

const unsealKey = new Uint8Array(randomBytes(32));
const fresh = () => ({ demo: randomUUID(), 'demo-other': randomUUID() });
const seed: Seed = {
  tenants: ['demo', 'demo-other'],
  accounts: [{ username: `user-${randomUUIDv7()}`, password_hash: '$pbkdf2-sha256$i=1$YQ$YQ', tenant: 'demo', roles: ['user'] }],
  elastic_keys: ['demo', 'demo-other'].map((tenant) => ({
    name: `key-${randomUUIDv7()}`,
    tenant,
    algorithm: 'A256GCM/A256KW',
    description: '',
  })),
};

afterEach(() => vi.useRealTimers());

it('databases of tenants that are gone are closed when the requests that use them have had the time to end', async () => {
  await using test = await withDatabases('sqlite');
  await using house = await kmsHouse();
  const closed: string[] = [];
  const databases: Databases = {
    ...test.databases,
    open: async <T>(name: string, migrations: readonly Migration[], options?: OpenOptions): Promise<Database<T>> => {
      const database = await test.databases.open<T>(name, migrations, options);
      return { ...database, [Symbol.asyncDispose]: async () => void closed.push(name) };
    },
    [Symbol.asyncDispose]: async () => {},
  };
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
  await using kms = await buildKms({ config: house.config, telemetry: noTelemetry(), demo: true, databases });
  if (kms.demo !== null) await startDemo({ demo: kms.demo, reset: false, given: {}, emit: () => {} });
  const { db } = await test.databases.open<ServiceTables>('service', serviceMigrations);
  const [gone, kept] = await db.selectFrom('kms_tenants').selectAll().execute();
  await db
    .deleteFrom('kms_tenants')
    .where('id', '=', gone?.id ?? '')
    .execute();

  const expected = [gone?.schema_name];
  await expect
    .poll(
      async () => {
        await vi.advanceTimersByTimeAsync(35_000);
        return closed;
      },
      { timeout: 10_000 },
    )
    .toEqual(expected);
  expect(closed).not.toContain(kept?.schema_name);
});

it('a look that fails is told by /readyz, and the next one is made all the same', async () => {
  await using test = await withDatabases('sqlite');
  await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await using kms = await buildKms({ config: house.config, telemetry: noTelemetry(), demo: false });
  const { db } = await test.databases.open<ServiceTables>('service', serviceMigrations);
  const lastError = async () => {
    await vi.advanceTimersByTimeAsync(30_000);
    const ready = await kms.app.inject({ url: '/readyz' });
    return ready.json<{ jobs: Record<string, { last_error: string | null }> }>().jobs['forget-gone-tenants']?.last_error;
  };
  await expect.poll(lastError, { timeout: 10_000 }).toBeNull();
  await db.schema.alterTable('kms_tenants').renameTo('kms_tenants_away').execute();
  await expect.poll(lastError, { timeout: 10_000 }).toEqual(expect.any(String));
  await db.schema.alterTable('kms_tenants_away').renameTo('kms_tenants').execute();
  await expect.poll(lastError, { timeout: 10_000 }).toBeNull();
});

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('of a tenant that a reset removed', () => {
  const idsOf = async ({ service }: DemoWorld) => (await service.db.selectFrom('kms_tenants').select('id').execute()).map(({ id }) => id);

  it.each(['commit', 'rollback'] as const)('another replica has no key any more after its next look, after a %s', async (outcome) => {
    await using test = await withDatabases('postgres');
    const [one, two] = [await startWorld(await test.reopen(), unsealKey, seed), await startWorld(await test.reopen(), unsealKey, seed)];
    const [old, next] = [fresh(), fresh()];
    await one.demo.seed(old);
    await inspect(two);
    const { resetId } = await one.demo.reset(next);
    await inspect(two);
    const all = [...Object.values(old), ...Object.values(next)];
    expect(two.barrier.tenants().toSorted()).toEqual(all.toSorted());
    await two.tenants.forgetGone();
    expect(two.barrier.tenants()).toHaveLength(all.length);
    await one.demo[outcome](resetId);
    const forgotten: (string | null)[] = [];
    two.barrier.onForget((tenantId) => forgotten.push(tenantId));
    await two.tenants.forgetGone();
    const [left, gone] = outcome === 'commit' ? [next, old] : [old, next];
    expect(two.barrier.tenants().toSorted()).toEqual(Object.values(left).toSorted());
    expect(forgotten.toSorted()).toEqual(Object.values(gone).toSorted());
  });

  it('the replica that removes it has no key any more, although requests use it until the very commit', async () => {
    await using test = await withDatabases('postgres');
    const outside = AsyncLocalStorage.snapshot();
    let beforeCommit = async (): Promise<void> => {};
    const inner = await test.reopen();
    const databases: Databases = {
      ...inner,
      open: async <T>(name: string, migrations: readonly Migration[], options?: OpenOptions): Promise<Database<T>> => {
        const database = await inner.open<T>(name, migrations, options);
        if (name !== 'service') return database;
        return {
          ...database,
          transaction: <R>(run: (tx: Transaction<T>) => Promise<R>) =>
            database.transaction(async (tx) => {
              const result = await run(tx);
              await outside(beforeCommit);
              return result;
            }),
        };
      },
    };
    let world = await startWorld(databases, unsealKey, seed);
    const used: string[] = [];
    const expectNoneLeft = async (): Promise<void> => {
      const left = await idsOf(world);
      expect(new Set(used).size).toBeGreaterThan(left.length);
      expect(world.barrier.tenants().filter((id) => !left.includes(id))).toEqual([]);
    };
    beforeCommit = async () => {
      for (const tenantId of await idsOf(world)) {
        // Nobody is served in the name of a retired one.
        if ((await world.tenants.byId(tenantId)) === undefined && (await world.tenants.preparing(tenantId)) === undefined) continue;
        const { items } = await world.keys.elasticKeys.list(world.callerOf(tenantId));
        const elasticKeyId = items[0]?.id;
        if (elasticKeyId === undefined) continue;
        await world.keys.crypto.encrypt(world.callerOf(tenantId), elasticKeyId, { plaintext: randomBytes(1) });
        used.push(tenantId);
      }
    };
    await world.demo.seed();
    await world.demo.commit((await world.demo.reset()).resetId);
    await world.demo.rollback((await world.demo.reset()).resetId);
    await expectNoneLeft();
    // Refused once its tenants are prepared: they are removed again.
    world = await startWorld(databases, unsealKey, { ...seed, accounts: [...seed.accounts, ...seed.accounts] });
    used.length = 0;
    await expect(world.demo.reset()).rejects.toMatchObject({ code: 'demo-name-taken' });
    await expectNoneLeft();
  });
});
