import type { Transaction } from 'kysely';
import type { DatabaseKind } from '#infra/database/config.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { newSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import { type TenantDirectory, tenantUnknown } from './directory.ts';
import { leasesEnded } from './leases.ts';
import type { TenantLifeCycle } from './life-cycle.ts';
import { removeRowsOf } from './rows-of-tenant.ts';
import { stateAfter, stepRefused, type Tenant } from './tenant.ts';
import { tenantsStore } from './tenants.store.ts';

/**
 * @param options.kind of the service database
 * @param options.forget lets go of what else this process read of tenants and their users
 * @param options.now epoch milliseconds
 */
export const createTenantLifeCycle = (options: {
  readonly kind: DatabaseKind;
  readonly barrier: Pick<Barrier, 'createTenantKey' | 'dropTenantKey' | 'forgetTenant'>;
  readonly rows: Rows;
  readonly directory: Pick<TenantDirectory, 'forget' | 'drop'>;
  readonly forget?: () => void;
  readonly now: () => number;
}): TenantLifeCycle => {
  const { kind, barrier, rows, directory, forget = () => {}, now } = options;

  const changeState =
    (step: 'activate' | 'retire' | 'restore') =>
    async (tx: Transaction<ServiceTables>, tenant: Tenant): Promise<Tenant> => {
      const state = stateAfter(step, tenant);
      if (!(await tenantsStore(tx, rows).changeState(tenant, state, now()))) throw stepRefused(step, tenant);
      return { ...tenant, state };
    };

  return {
    create: async (tx, { id, name, demo, ...words }) => {
      const tenant: Tenant = { id, name, schemaName: newSchemaName(), state: 'preparing', demo };
      await tenantsStore(tx, rows).insert({ ...tenant, ...words }, now());
      await barrier.createTenantKey(tx, id);
      return tenant;
    },
    activate: changeState('activate'),
    retire: changeState('retire'),
    restore: changeState('restore'),
    remove: async (tx, tenant) => {
      stateAfter('remove', tenant);
      if (!(await tenantsStore(tx, rows).remove(tenant))) throw stepRefused('remove', tenant);
      await barrier.dropTenantKey(tx, tenant.id);
    },
    end: async (tx, id, mayEnd) => {
      const store = tenantsStore(tx, rows);
      const ended = await store.change(id, (before) => {
        mayEnd(before);
        return { state: stateAfter('end', before), suspended_at: null, removal_due_at: null, restores_to: null, removed_at: now() };
      });
      if (ended === undefined) throw tenantUnknown();
      await removeRowsOf(tx, rows, id);
      await store.noteToDrop(ended);
      await barrier.dropTenantKey(tx, id);
      return ended;
    },
    takeEffect: async (removed) => {
      directory.forget();
      forget();
      // Again: until the commit a request found their content keys and remembered them.
      for (const { id } of removed) barrier.forgetTenant(id);
      // Other replicas may still serve a tenant whose database is about to go.
      await leasesEnded(kind);
      // A crash here leaves databases that are noted as to be dropped.
      for (const { schemaName } of removed) await directory.drop(schemaName);
    },
  };
};
