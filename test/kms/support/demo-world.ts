import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { join } from 'node:path';
import type { Database, Databases } from '#infra/database/databases.ts';
import { createResets } from '#infra/demo-data/resets/create-resets.ts';
import type { Resets } from '#infra/demo-data/resets/resets.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import { createDemoLocks } from '#infra/demo-data/resets/create-demo-locks.ts';
import type { DemoLocks } from '#infra/demo-data/resets/demo-locks.ts';
import { NEW_USER } from '#kms/database/realm-users.table.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import type { Caller } from '#kms/caller.ts';
import { serviceMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { createDemo } from '#kms/demo/create-demo.ts';
import { createDemoStore } from '#kms/demo/demo.store.ts';
import { loadSeed, type Seed } from '#kms/demo/seed-file.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { checkedAlgorithm } from '#kms/keys/elastic-keys/elastic-key.policy.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { createKeys, type Keys } from '#kms/keys/keys.ts';
import type { Emit, KmsEvent } from '#kms/events.ts';
import { createTenantDirectory } from '#kms/tenants/create-directory.ts';
import { createTenantLifeCycle } from '#kms/tenants/create-life-cycle.ts';
import { type TenantDirectory, tenantUnknown } from '#kms/tenants/directory.ts';
import type { TenantLifeCycle } from '#kms/tenants/life-cycle.ts';
import { sweepTenants } from '#kms/tenants/sweep.ts';
import type { Tenant } from '#kms/tenants/tenant.ts';
import { insufficientScope, testCaller } from '#test/support/kms-caller.ts';
import { KMS_CONFIG_FOLDER } from './kms-server.ts';
import { writeServiceRows } from '#test/support/written-rows.ts';

/** One process of the KMS as far as demo data goes: what a start does, without HTTP. */
export interface DemoWorld {
  readonly demo: Demo;
  readonly seed: Seed;
  readonly keys: Keys;
  readonly barrier: Barrier;
  readonly rows: RowIntegrity;
  readonly service: Database<ServiceTables>;
  readonly tenants: TenantDirectory;
  /** A user of a tenant that is served or being prepared, who may do everything there. */
  readonly callerOf: (tenantId: string) => Caller;
  readonly lifeCycle: TenantLifeCycle;
  readonly resets: Resets<ServiceTables>;
  readonly locks: DemoLocks;
  readonly events: readonly KmsEvent[];
}

/** Starts on databases that may have been left in any state. */
export const startWorld = async (databases: Databases, unsealKey: Uint8Array, seed?: Seed): Promise<DemoWorld> => {
  const world = await openWorld(databases, unsealKey, seed);
  await sweepWorld(databases, world);
  return world;
};

/** Removes what interrupted runs left, as a start does. */
export const sweepWorld = async (databases: Databases, world: DemoWorld, emit: Emit = () => {}): Promise<void> => {
  const { service, rows, locks, resets, tenants, lifeCycle } = world;
  await resets.sweep();
  await locks.exclusively(() => sweepTenants({ databases, service: locks.guard(service), rows, tenants, lifeCycle, emit }));
};

/** A process that has started already: what waits to be settled stays as it is. @param elapsed the clock of leases */
export const openWorld = async (
  databases: Databases,
  unsealKey: Uint8Array,
  given?: Seed,
  elapsed: () => number = () => performance.now(),
): Promise<DemoWorld> => {
  const events: KmsEvent[] = [];
  const emit = (event: KmsEvent): void => void events.push(event);
  const now = Date.now;
  const own = await databases.open<ServiceTables>('service', serviceMigrations);
  const barrier = await openBarrier({ databases, service: own, unsealKey, now });
  const rows = createRowIntegrity({ barrier, emit });
  const service = withLedger(own, rows.service);
  const { forgetTenant: onGone, tenants: held } = barrier;
  const tenants = createTenantDirectory({ databases, service: service.db, rows, demo: true, onGone, held, elapsed });
  const lifeCycle = createTenantLifeCycle({ kind: service.kind, barrier, rows, directory: tenants, now });
  const administration = { database: service, rows, locks: databases, takeEffect: () => lifeCycle.takeEffect([]) };
  const keys = createKeys({ barrier, rows, insufficientScope, administration, now, elapsed });
  const callerOf = (id: string): Caller => {
    const database = async () => {
      const tenant = (await tenants.byId(id)) ?? (await tenants.preparing(id));
      if (tenant === undefined) throw tenantUnknown();
      return tenant.database();
    };
    return testCaller({ id, name: `tenant-${id}`, database });
  };
  const seed = given ?? (await loadSeed(join(KMS_CONFIG_FOLDER, 'demo-seed.yml')));
  const locks = createDemoLocks(databases, 'kms');
  const resets = createResets({
    database: service,
    store: createDemoStore({ lifeCycle, rows }),
    locks,
    takeEffect: (gone) => lifeCycle.takeEffect(gone ?? []),
    emit,
    now,
  });
  const demo = createDemo({ seed, service, rows, resets, locks, tenants, lifeCycle, elasticKeys: keys.elasticKeys, emit, now });
  return { demo, seed, keys, barrier, rows, service, tenants, callerOf, lifeCycle, resets, locks, events };
};

/** A tenant that is no demo, with a user and a key. */
export const addRealTenant = async (
  { service, rows, tenants, callerOf, lifeCycle, keys }: DemoWorld,
  name = `tenant-${randomUUIDv7()}`,
): Promise<Pick<Tenant, 'id' | 'name'>> => {
  const tenant = await service.transaction((tx) => lifeCycle.create(tx, { id: randomUUID(), name, demo: false }));
  await (await tenants.preparing(tenant.id))?.database();
  await service.transaction(async (tx) => {
    await lifeCycle.activate(tx, tenant);
    const row = {
      id: randomUUIDv7(),
      username: `user-${name}`,
      password_hash: '$pbkdf2-sha256$i=1$YQ$YQ',
      tenant_id: tenant.id,
      roles: '["user"]',
    };
    const user = rows.of(tenant.id).first('kms_realm_users', { ...row, demo: 0, created_at: Date.now(), ...NEW_USER });
    await writeServiceRows(tx, rows, 'kms_realm_users', user);
  });
  await keys.elasticKeys.create(callerOf(tenant.id), { name: `key-${name}`, algorithm: 'A256GCM/A256KW' });
  return tenant;
};

/** Everything that there is of the demo, in an order that does not depend on ids; keys are used, not only counted. */
export const inspect = async (world: DemoWorld) => {
  const { demo, service, keys, callerOf } = world;
  const { tenants, seeded, resetPending } = await demo.state();
  const users = await service.db.selectFrom('kms_realm_users').selectAll().where('retired_at', 'is', null).orderBy('username').execute();
  const found = await Promise.all(
    Object.entries(tenants).map(async ([name, id]) => {
      const { items } = await keys.elasticKeys.list(callerOf(id), { sort: 'name' });
      for (const key of items.filter((item) => item.use === 'encrypt' && item.state === 'active')) {
        const plaintext = Buffer.from(randomUUIDv7());
        const { jwe } = await keys.crypto.encrypt(callerOf(id), key.id, { plaintext });
        const opened = await keys.crypto.decrypt(callerOf(id), key.id, { jwe });
        if (!plaintext.equals(opened)) throw new Error(`the key ${key.name} of ${name} does not work`);
      }
      return items.map((key) => ({ tenant: name, name: key.name, algorithm: algorithmOf(key.algorithm).base, use: key.use }));
    }),
  );
  return {
    seeded,
    resetPending,
    tenants,
    accounts: users
      .filter((user) => user.demo === 1)
      .map(({ username, tenant_id, roles }) => ({
        username,
        tenant: Object.entries(tenants).find(([, id]) => id === tenant_id)?.[0] ?? `unknown ${tenant_id}`,
        roles: JSON.parse(roles) as string[],
      })),
    keys: found.flat().toSorted((a, b) => `${a.tenant} ${a.name}`.localeCompare(`${b.tenant} ${b.name}`)),
  };
};

const usualUseOf = (algorithm: string): string => algorithmOf(checkedAlgorithm({ algorithm })).use;

/** The seed, exactly as `inspect` shows it. */
export const asSeeded = (seed: Seed, tenants: Readonly<Record<string, string>>) => ({
  seeded: true,
  resetPending: null,
  tenants,
  accounts: seed.accounts
    .map(({ username, tenant, roles }) => ({ username, tenant, roles }))
    .toSorted((a, b) => a.username.localeCompare(b.username)),
  keys: seed.elastic_keys
    .map(({ tenant, name, algorithm, use = usualUseOf(algorithm) }) => ({ tenant, name, algorithm, use }))
    .toSorted((a, b) => `${a.tenant} ${a.name}`.localeCompare(`${b.tenant} ${b.name}`)),
});

/** Rows, content keys and databases that exist, to see that nothing is left over. */
export const countAll = async (databases: Databases, { service }: DemoWorld) => {
  const rows = await service.db.selectFrom('kms_tenants').select(['schema_name', 'state']).execute();
  const content = await service.db.selectFrom('barrier_keys').select('id').where('purpose', '=', 'content').execute();
  const retired = await service.db.selectFrom('kms_realm_users').select('id').where('retired_at', 'is not', null).execute();
  const toDrop = await service.db.selectFrom('kms_databases_to_drop').selectAll().execute();
  return {
    rows: rows.length,
    inactive: rows.filter((row) => row.state !== 'active').length,
    contentKeys: content.length,
    retiredUsers: retired.length,
    toDrop: toDrop.length,
    databases: (await databases.names()).filter((name) => name.startsWith('t_')).toSorted(),
    named: rows.map((row) => row.schema_name).toSorted(),
  };
};
