import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { DemoLocks } from '#infra/demo-data/demo-locks.ts';
import { type DemoReset, type DemoResetOutcome, type DemoState, isToSettle } from '#infra/demo-data/demo-reset.ts';
import { type DemoTenants, refuseUnknownTenants, tenantIds } from '#infra/demo-data/demo-tenants.ts';
import { leasesEnded } from '#kms/tenants/leases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { Tenant } from '#kms/tenants/tenant.ts';
import type { Demo } from './demo.ts';
import {
  deleteAccounts,
  deleteTenants,
  demoTenantsIn,
  insertAccounts,
  insertReset,
  latestReset,
  restoreRetired,
  retireAll,
  setResetState,
} from './demo.store.ts';
import { byName, createSeeding, type SeedingOptions } from './seeding.ts';

type Tx = Transaction<ServiceTables>;

const isSame = (a: DemoTenants, b: DemoTenants): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, id]) => b[name] === id);

const deleteAll = (tx: Tx, tenants: readonly Tenant[]): Promise<void> =>
  deleteTenants(
    tx,
    tenants.map((tenant) => tenant.id),
  );

export const createDemo = (options: SeedingOptions & { readonly locks: DemoLocks; readonly emit: Emit }): Demo => {
  const { seed, tenants, barrier, locks, emit, now } = options;
  const service = { ...options.service, ...locks.guard(options.service) };
  const seeding = createSeeding({ ...options, service });

  const state = async (): Promise<DemoState> => {
    const missing = await seeding.missing();
    const latest = await latestReset(service.db);
    return {
      seeded: missing.tenants.length + missing.accounts.length + missing.elasticKeys.length === 0,
      tenants: missing.present,
      resetPending: latest?.state === 'pending' ? latest.id : null,
    };
  };

  const settle = async (resetId: string, wanted: DemoResetOutcome, change: (tx: Tx) => Promise<readonly Tenant[]>): Promise<DemoState> => {
    const gone = await service.transaction(async (tx) => {
      if (!isToSettle(await latestReset(tx), resetId, wanted)) return [];
      await setResetState(tx, resetId, wanted);
      const removed = await change(tx);
      for (const tenant of removed) await barrier.dropTenantKey(tx, tenant.id);
      return removed;
    });
    tenants.forget();
    // Again: until the commit a request found their content keys and remembered them.
    for (const tenant of gone) barrier.forgetTenant(tenant.id);
    await locks.disown(resetId);
    // Other replicas may still serve a tenant whose database is about to go; and who asks again may never have had an answer,
    // for it was settled a moment ago by a process that died before it had waited.
    await leasesEnded(service.kind);
    // A crash here leaves databases that are noted as to be dropped; the next start drops them.
    for (const tenant of gone) await tenants.drop(tenant.schemaName);
    emit({ type: wanted === 'committed' ? 'demo-reset-committed' : 'demo-reset-rolled-back', resetId });
    return state();
  };

  const commit = (resetId: string): Promise<DemoState> =>
    settle(resetId, 'committed', async (tx) => {
      const old = await demoTenantsIn(tx, 'retired');
      await deleteAll(tx, old);
      await deleteAccounts(tx, 'retired');
      return old;
    });

  const rollback = (resetId: string): Promise<DemoState> =>
    settle(resetId, 'rolled-back', async (tx) => {
      const fresh = await demoTenantsIn(tx, 'active');
      await deleteAll(tx, fresh);
      await deleteAccounts(tx, 'in-use');
      await restoreRetired(tx);
      return fresh;
    });

  const reset = async (given: DemoTenants): Promise<DemoReset> => {
    const pending = await latestReset(service.db);
    if (pending?.state === 'pending') await commit(pending.id);
    const previousTenants = byName(await demoTenantsIn(service.db, 'active'));
    const ids = tenantIds(seed.tenants, given);
    const resetId = randomUUIDv7();
    await locks.own(resetId);
    try {
      await seeding.switchTo(ids, async (tx) => {
        const at = now();
        await insertReset(tx, resetId, at);
        await retireAll(tx, at);
        await insertAccounts(tx, seed.accounts, ids, at);
      });
    } catch (error) {
      await locks.disown(resetId);
      throw error;
    }
    await leasesEnded(service.kind);
    emit({ type: 'demo-reset-started', resetId });
    return { resetId, tenants: ids, previousTenants };
  };

  const add = async (given: DemoTenants): Promise<void> => {
    const added = await seeding.add(given);
    if (added.tenants + added.accounts + added.elasticKeys > 0) emit({ type: 'demo-seeded', ...added });
  };

  const replace = async (given: DemoTenants): Promise<DemoTenants> => {
    const active = byName(await demoTenantsIn(service.db, 'active'));
    if (isSame(active, given)) {
      emit({ type: 'demo-reset-already-done' });
      await add(given);
      return active;
    }
    const { resetId, tenants: ids } = await reset(given);
    await commit(resetId);
    return ids;
  };

  return {
    state,
    seed: (given = {}) =>
      locks.exclusively(async () => {
        refuseUnknownTenants(seed.tenants, given);
        await add(given);
      }),
    replace: (given = {}) =>
      locks.exclusively(async () => {
        refuseUnknownTenants(seed.tenants, given);
        return replace(given);
      }),
    reset: (given = {}) =>
      locks.exclusively(async () => {
        refuseUnknownTenants(seed.tenants, given);
        return reset(given);
      }),
    rollback: (resetId) => locks.exclusively(() => rollback(resetId)),
    commit: (resetId) => locks.exclusively(() => commit(resetId)),
  };
};
