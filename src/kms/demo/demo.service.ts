import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import { type DemoReset, type DemoResetOutcome, type DemoState, isToSettle } from '#infra/demo-data/demo-reset.ts';
import { type DemoTenants, refuseUnknownTenants, tenantIds } from '#infra/demo-data/demo-tenants.ts';
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
import { untilNothingIsPrepared } from './prepared-tenants.ts';
import { byName, createSeeding, type SeedingOptions } from './seeding.ts';

type Tx = Transaction<ServiceTables>;

/** Only one change of the demo at a time in this process; the transactions keep replicas apart. */
const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(run: () => Promise<T>): Promise<T> => {
    const turn = last.then(run, run);
    last = turn.catch(() => {});
    return turn;
  };
};

const deleteAll = (tx: Tx, tenants: readonly Tenant[]): Promise<void> =>
  deleteTenants(
    tx,
    tenants.map((tenant) => tenant.id),
  );

export const createDemo = (options: SeedingOptions & { readonly emit: Emit }): Demo => {
  const { seed, service, tenants, tenantDatabases, barrier, emit, now } = options;
  const seeding = createSeeding(options);
  const inTurn = createTurns();

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
    // A crash here leaves databases that no row names; the next start removes them.
    for (const tenant of gone) await tenantDatabases.drop(tenant.schemaName);
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
    await seeding.switchTo(ids, async (tx) => {
      const at = now();
      await insertReset(tx, resetId, at);
      await retireAll(tx, at);
      await insertAccounts(tx, seed.accounts, ids, at);
    });
    emit({ type: 'demo-reset-started', resetId });
    return { resetId, tenants: ids, previousTenants };
  };

  const seedMissing = async (given: DemoTenants): Promise<void> => {
    const added = await seeding.add(given);
    if (added.tenants + added.accounts + added.elasticKeys > 0) emit({ type: 'demo-seeded', ...added });
  };

  return {
    state,
    seed: (given = {}) =>
      inTurn(async () => {
        refuseUnknownTenants(seed.tenants, given);
        try {
          await seedMissing(given);
        } catch (error) {
          const raced = error instanceof AppError && (error.code === 'demo-name-taken' || error.code === 'demo-tenant-id-used');
          if (!raced) throw error;
          // Another replica may be seeding at this moment; then nothing is missing when it is done.
          await untilNothingIsPrepared(service, now);
          await seedMissing(given);
        }
      }),
    reset: (given = {}) =>
      inTurn(async () => {
        refuseUnknownTenants(seed.tenants, given);
        return reset(given);
      }),
    rollback: (resetId) => inTurn(() => rollback(resetId)),
    commit: (resetId) => inTurn(() => commit(resetId)),
  };
};
