import type { Databases } from '#infra/database/databases.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Caller } from '#kms/caller.ts';
import type { KmsEvent } from '#kms/events.ts';
import type { TenantAdministration } from '#kms/tenants/administration/administration.ts';
import { createAdministrators } from '#kms/tenants/administration/administrators.ts';
import { createTenantAdministration } from '#kms/tenants/administration/create-administration.ts';
import { removeDueTenants } from '#kms/tenants/administration/remove-due-tenants.ts';
import { shownTenantsStore } from '#kms/tenants/administration/shown-tenants.store.ts';
import { createTenantPreparation } from '#kms/tenants/prepare-tenants.ts';
import type { Tenant } from '#kms/tenants/tenant.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import { testCaller } from '#test/support/kms-caller.ts';
import { addRealTenant, type DemoWorld, openWorld, startWorld } from './demo-world.ts';

/** One process of the KMS as far as tenants and those who administer them go, without HTTP. */
export interface TenantsWorld extends DemoWorld {
  readonly administration: TenantAdministration;
  /** Somebody of the tenant `operators`, who may do everything there. */
  readonly operator: Caller;
  /** A user of another tenant, who may do everything there. */
  readonly somebodyOf: (tenant: Pick<Tenant, 'id' | 'name'>) => Caller;
  readonly job: Job;
  readonly removed: readonly KmsEvent[];
  /** Milliseconds since the epoch, and until when the clock is not believed. */
  readonly clock: { now: number; doubtfulUntil: number | null };
}

const NO_SEED = { tenants: [], accounts: [], elastic_keys: [] };
export const OPERATORS = 'operators';

/**
 * Opens a world in which the tenant `operators` administers the others, and makes that tenant where it is not there.
 *
 * @param options.start sweeps before, as a start does
 * @param options.elapsed the clock of leases
 */
export const tenantsWorld = async (
  databases: Databases,
  unsealKey: Uint8Array,
  { max = 100, start = false, elapsed }: { readonly max?: number; readonly start?: boolean; readonly elapsed?: () => number } = {},
): Promise<TenantsWorld> => {
  const world = start ? await startWorld(databases, unsealKey, NO_SEED) : await openWorld(databases, unsealKey, NO_SEED, elapsed);
  const { service, rows, tenants, lifeCycle, locks, keys } = world;
  const found = (await tenantsStore(service.db, rows).keptByName(OPERATORS)) ?? (await addRealTenant(world, OPERATORS));
  const clock: TenantsWorld['clock'] = { now: Date.UTC(2031, 0, 1), doubtfulUntil: null };
  const now = () => clock.now;
  const removed: KmsEvent[] = [];
  const somebodyOf: TenantsWorld['somebodyOf'] = ({ id, name }) => testCaller({ id, name, database: world.callerOf(id).tenant.database });
  return {
    ...world,
    operator: somebodyOf({ id: found.id, name: OPERATORS }),
    somebodyOf,
    administration: createTenantAdministration({
      operate: keys.operate,
      rows,
      shown: shownTenantsStore(service.db, rows, { kind: service.kind, demo: false }),
      administrators: createAdministrators([OPERATORS]),
      lock: locks,
      prepare: createTenantPreparation({ service: locks.guard(service), rows, tenants, lifeCycle }),
      max,
      now,
    }),
    job: removeDueTenants({
      locks: databases,
      operate: keys.operate,
      service,
      rows,
      tenants,
      lifeCycle,
      clock: { doubtfulUntil: async () => clock.doubtfulUntil },
      emit: (event) => void removed.push(event),
      now,
    }),
    removed,
    clock,
  };
};
