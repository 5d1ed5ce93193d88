import type { Kysely } from 'kysely';
import { latestResetOf } from '#infra/demo-data/demo-reset.ts';
import type { DemoStore } from '#infra/demo-data/resets/demo-store.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { TenantLifeCycle } from '#kms/tenants/life-cycle.ts';
import type { Tenant } from '#kms/tenants/tenant.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import { accountsStore } from './accounts.store.ts';

export const idsByName = (tenants: readonly Tenant[]): DemoTenants => Object.fromEntries(tenants.map(({ name, id }) => [name, id]));

/** The demo's tenants, accounts and latest reset in the service database. A reset takes the steps of its tenants' life. */
export const createDemoStore = (options: {
  readonly lifeCycle: TenantLifeCycle;
  readonly rows: Rows;
}): DemoStore<ServiceTables, readonly Tenant[]> => {
  const { lifeCycle, rows } = options;
  const { retire, restore, remove } = lifeCycle;
  const demoIn = (db: Kysely<ServiceTables>, state: Tenant['state']) => tenantsStore(db, rows).inState(state, { demo: true });

  return {
    latestReset: async (tx) =>
      latestResetOf(await tx.selectFrom('kms_demo_resets').select(['id', 'state']).orderBy('id', 'desc').limit(1).executeTakeFirst()),
    insertReset: async (tx, id, at) => {
      await tx.deleteFrom('kms_demo_resets').execute();
      await tx.insertInto('kms_demo_resets').values({ id, state: 'pending', started_at: at }).execute();
    },
    setResetState: async (tx, id, state) => {
      await tx.updateTable('kms_demo_resets').set({ state }).where('id', '=', id).execute();
    },
    tenants: async (tx) => idsByName(await demoIn(tx, 'active')),
    retire: async (tx, _, at) => {
      for (const tenant of await demoIn(tx, 'active')) await retire(tx, tenant);
      await accountsStore(tx, rows).retire(at);
    },
    deleteRetired: async (tx) => {
      const old = await demoIn(tx, 'retired');
      for (const tenant of old) await remove(tx, tenant);
      await accountsStore(tx, rows).delete('retired');
      return old;
    },
    restoreRetired: async (tx) => {
      const old = await demoIn(tx, 'retired');
      const fresh = await demoIn(tx, 'active');
      for (const tenant of fresh) await remove(tx, await retire(tx, tenant));
      for (const tenant of old) await restore(tx, tenant);
      await accountsStore(tx, rows).delete('in-use');
      await accountsStore(tx, rows).restoreRetired();
      return fresh;
    },
  };
};
