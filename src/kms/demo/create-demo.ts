import type { Resets } from '#infra/demo-data/resets/resets.ts';
import { demoInTurns } from '#infra/demo-data/resets/demo-in-turns.ts';
import type { DemoLocks } from '#infra/demo-data/resets/demo-locks.ts';
import { type DemoTenants, sameTenants, tenantIds } from '#infra/demo-data/demo-tenants.ts';
import { refuseOverRealData, totalOf } from '#infra/demo-data/holdings.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import { accountsStore } from './accounts.store.ts';
import { createSeeding } from './create-seeding.ts';
import { createFlowKeys } from './flow-keys.ts';
import { holdingsOf } from './holdings.ts';
import type { KmsDemo } from './kms-demo.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import type { SeedingOptions } from './seeding.ts';

/**
 * The demo's tenants, accounts and keys. New tenants are first written where nobody sees them, with databases and keys; then one
 * transaction in the service database switches to them, and takes the accounts along. A crash before it leaves the old data, one
 * after it the new.
 *
 *     seed, replace, reset ──► seeding ──► tenants/life-cycle.ts: create, activate …
 *     commit, rollback ──► infra/demo-data/create-resets.ts ──► demo.store.ts ──► tenants/life-cycle.ts: remove, restore …
 *
 * A replacement is known by the tenant ids that it brings: one that was done before, by another replica or by a start that then
 * crashed, is not done again, and what is missing of it is added.
 */
export const createDemo = (
  options: SeedingOptions & { readonly resets: Resets<ServiceTables>; readonly locks: DemoLocks; readonly emit: Emit },
): KmsDemo => {
  const { seed, rows, resets, locks, emit } = options;
  const { look, addMissing, withPrepared } = createSeeding({
    ...options,
    service: locks.guard(options.service),
  });

  const beginOrGoOn = async (): Promise<void> => {
    const { demo, real, names } = await holdingsOf(options.service.db);
    refuseOverRealData({ demo, real, names });
    if (totalOf(real) > 0) emit({ type: 'demo-beside-real-data', real, names });
  };

  const add = async (given: DemoTenants): Promise<DemoTenants> => {
    await beginOrGoOn();
    const { tenants, added } = await addMissing(given);
    const [accounts, elasticKeys] = [added.accounts.length, added.elasticKeys.length];
    if (added.tenants.length + accounts + elasticKeys > 0) {
      emit({ type: 'demo-seeded', tenants: added.tenants.length, accounts, elasticKeys });
    }
    return tenants;
  };

  const reset: Parameters<typeof demoInTurns>[0]['reset'] = async (given) => {
    await beginOrGoOn();
    const ids = tenantIds(seed.tenants, given);
    return withPrepared(ids, (activate) =>
      resets.begin(ids, async (tx, { at }) => {
        await activate(tx);
        await accountsStore(tx, rows).insert(seed.accounts, ids, at);
      }),
    );
  };

  const removeFlowKeys = createFlowKeys({
    demoTenants: () => tenantsStore(options.service.db, rows).inState('active', { demo: true }),
    tenants: options.tenants,
    rows,
  });

  const demo = demoInTurns({
    tenants: seed.tenants,
    locks,
    settle: resets.settle,
    state: async () => {
      const { present, missing, damaged } = await look();
      const seeded = missing.tenants.length + missing.accounts.length + missing.elasticKeys.length + damaged.size === 0;
      return { seeded, tenants: present, resetPending: await resets.pending() };
    },
    seed: add,
    reset,
    replace: async (given) => {
      const { present } = await look();
      if (sameTenants(present, given)) {
        emit({ type: 'demo-reset-already-done' });
        return add(given);
      }
      const { resetId, tenants } = await reset(given);
      await resets.settle(resetId, 'committed');
      return tenants;
    },
  });
  return { ...demo, removeFlowKeys };
};
