import type { Kysely } from 'kysely';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { LEASE_MS } from '#kms/database/leases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { isTenantId, type Tenant } from './tenant.ts';
import { tenantsStore } from './tenants.store.ts';

/** Which tenants there are, for every request. */
export interface Tenants {
  /** The active tenant with this id; undefined for anything else, a malformed id included. Never makes one. */
  byId(id: string): Promise<Tenant | undefined>;
  byName(name: string): Promise<Tenant | undefined>;
  /** Forgets what is remembered; to be called when tenants have changed. */
  forget(): void;
}

const MAX_REMEMBERED = 10_000;

/** @param options.elapsed milliseconds on a clock that never goes back */
export const createTenants = (db: Kysely<ServiceTables>, options: { readonly elapsed?: () => number } = {}): Tenants => {
  const { elapsed = () => performance.now() } = options;
  const store = tenantsStore(db);
  const remembered = createBoundedMap<{ readonly tenant: Tenant; readonly readAt: number }>({ max: MAX_REMEMBERED });
  let generation = 0;

  const lookUp = async (key: string, find: () => Promise<Tenant | undefined>): Promise<Tenant | undefined> => {
    const entry = remembered.get(key);
    const at = elapsed();
    if (entry !== undefined && at - entry.readAt < LEASE_MS) return entry.tenant;
    const asked = generation;
    const tenant = await find();
    remembered.delete(key);
    // What was read before a change must not be remembered after it.
    if (tenant === undefined || asked !== generation) return tenant;
    remembered.set(key, { tenant, readAt: at });
    return tenant;
  };

  return {
    byId: async (id) => (isTenantId(id) ? lookUp(`id ${id}`, () => store.activeById(id)) : undefined),
    byName: (name) => lookUp(`name ${name}`, () => store.activeByName(name)),
    forget: () => {
      generation += 1;
      remembered.clear();
    },
  };
};
