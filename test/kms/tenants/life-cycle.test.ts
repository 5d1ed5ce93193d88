import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { openWorld } from '../support/demo-world.ts';

const unsealKey = new Uint8Array(randomBytes(32));
const newTenant = () => ({ id: randomUUID() as string, name: `tenant-${randomUUIDv7()}`, demo: false });

describe.each(databaseKinds())('the life of a tenant on %s', (kind) => {
  const setUp = async () => {
    const test = await withDatabases(kind);
    const world = await openWorld(test.databases, unsealKey, { tenants: [], accounts: [], elastic_keys: [] });
    const { service, lifeCycle, tenants, keys } = world;
    return {
      ...world,
      databases: test.databases,
      create: (tenant = newTenant()) => service.transaction((tx) => lifeCycle.create(tx, tenant)),
      take: (step: 'activate' | 'retire' | 'restore', tenant: Parameters<typeof lifeCycle.activate>[1]) =>
        service.transaction((tx) => lifeCycle[step](tx, tenant)),
      remove: (tenant: Parameters<typeof lifeCycle.remove>[1]) => service.transaction((tx) => lifeCycle.remove(tx, tenant)),
      stored: (id: string) => tenantsStore(service.db, world.rows).byId(id),
      addKey: async (id: string) => {
        await (await tenants.preparing(id))?.database();
        return keys.elasticKeys.create(world.callerOf(id), { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' });
      },
      [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
    };
  };

  it('goes from preparation over use and retirement to nothing', async () => {
    await using test = await setUp();
    const preparing = await test.create();
    await test.addKey(preparing.id);
    expect(await test.tenants.byId(preparing.id)).toBeUndefined();
    const active = await test.take('activate', preparing);
    expect(await test.tenants.byName(preparing.name)).toMatchObject({ id: preparing.id, state: 'active' });
    const retired = await test.take('retire', active);
    await test.lifeCycle.takeEffect([]);
    expect(await test.tenants.byId(preparing.id)).toBeUndefined();
    const restored = await test.take('restore', retired);
    expect(await test.tenants.byId(preparing.id)).toMatchObject({ state: 'active' });
    await test.remove(await test.take('retire', restored));
    expect(await test.databases.names()).toContain(preparing.schemaName);
    await test.lifeCycle.takeEffect([preparing]);
    expect(await test.databases.names()).toEqual(['service']);
    expect(await test.stored(preparing.id)).toBeUndefined();
    expect(test.barrier.tenants()).toEqual([]);
    expect(await test.service.db.selectFrom('barrier_keys').select('id').where('owner', '=', preparing.id).execute()).toEqual([]);
    expect(await test.service.db.selectFrom('kms_databases_to_drop').selectAll().execute()).toEqual([]);
  });

  it('takes no step that is not drawn: an active tenant is not removed at once', async () => {
    await using test = await setUp();
    const active = await test.take('activate', await test.create());
    await expect(test.remove(active)).rejects.toMatchObject({ code: 'tenant-state-refused', status: 409 });
    await expect(test.take('activate', active)).rejects.toMatchObject({ code: 'tenant-state-refused' });
    expect(await test.stored(active.id)).toEqual(active);
  });

  it('takes no step from a state in which the tenant is not any more', async () => {
    await using test = await setUp();
    const preparing = await test.create();
    const active = await test.take('activate', preparing);
    await expect(test.take('activate', preparing)).rejects.toMatchObject({ code: 'tenant-state-refused', status: 409 });
    await expect(test.remove(preparing)).rejects.toMatchObject({ code: 'tenant-state-refused' });
    expect(await test.stored(active.id)).toEqual(active);
  });

  it('begins with an id that no other tenant has, and with a name that no other active tenant has', async () => {
    await using test = await setUp();
    const first = await test.create();
    await expect(test.create({ ...newTenant(), id: first.id })).rejects.toSatisfy(isUniqueViolation);
    await test.take('activate', first);
    const second = await test.create({ ...newTenant(), name: first.name });
    await expect(test.take('activate', second)).rejects.toSatisfy(isUniqueViolation);
    expect(await test.stored(second.id)).toEqual(second);
  });
});

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('the life of a tenant that replicas serve', () => {
  it('has changed for all of them once the change has taken effect', async () => {
    await using test = await withDatabases('postgres');
    const { lifeCycle } = await openWorld(test.databases, unsealKey, { tenants: [], accounts: [], elastic_keys: [] });
    const began = performance.now();
    await lifeCycle.takeEffect([]);
    expect(performance.now() - began).toBeGreaterThanOrEqual(LEASE_MS);
  });
});
