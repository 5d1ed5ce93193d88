import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { KeptState, Tenant } from './tenant.ts';

/**
 * Tenants: `tenant.ts` draws their life, `life-cycle.ts` takes its steps, this directory finds them for those who act in their name,
 * and `sweep.ts` removes at a start what interrupted runs left. This folder sees the barrier, which has a content key for each
 * tenant, and the tables of the service database. It knows nothing of elastic keys and of demo data.
 *
 *     credential ─► access ─► byId, byName ─► TenantHandle ─► Caller ─► keys ─► database()
 */

/** A tenant as one look at the directory found it, and the way to its database under the same lease. */
export interface TenantHandle extends Tenant {
  /**
   * The tenant's database, opened where it is not open yet. Until the lease of the look ends, this looks at no row again; after
   * that it looks anew, because the tenant may have been retired or removed meanwhile.
   *
   * @throws AppError `tenant-unknown` 404 when the tenant is not there any more, `tenant-suspended` or `tenant-pending-removal` 403 when
   *   it is not served any more, `database-missing` or `database-corrupt` 503 when its database is not there, or is damaged; the other
   *   tenants go on
   */
  database(): Promise<Database<TenantTables>>;
}

/**
 * The tenants that there are, for everything that acts in the name of one; those of the demo only where the demo runs. A request looks
 * here once: the handle that it gets serves it to its end.
 */
export interface TenantDirectory extends AsyncDisposable {
  /**
   * The active tenant with this id; undefined for every other text, a malformed id included.
   *
   * @throws AppError `tenant-suspended`, `tenant-pending-removal` 403 for one that is there and not served
   */
  byId(id: string): Promise<TenantHandle | undefined>;
  /** The active tenant with this name. @throws as `byId` */
  byName(name: string): Promise<TenantHandle | undefined>;
  /**
   * All tenants that have a database, by name, for the work of the service that goes through them: keys of a tenant that is not served
   * rotate and are destroyed when their time has come, too.
   */
  kept(): Promise<readonly TenantHandle[]>;
  /** One of these. */
  keptById(id: string): Promise<TenantHandle | undefined>;
  /**
   * A tenant that nobody is served yet, for those who prepare it. Its database is made when it is first asked for; a database of
   * any other tenant must exist, because one that was lost must be missed, not replaced.
   */
  preparing(id: string): Promise<TenantHandle | undefined>;
  /** Ends the leases of this process; to be called once a change of tenants is committed. */
  forget(): void;
  /** Closes and deletes a database that is noted in `kms_databases_to_drop`, and then the note. */
  drop(schemaName: string): Promise<void>;
  /** Closes a tenant whose database turned out to be damaged while it was open; any other error is nothing to it. */
  noteDamage(tenant: Pick<Tenant, 'id' | 'name'>, error: unknown): void;
  /**
   * Looks whether the databases of all tenants that are kept are there, and opens again what was damaged.
   *
   * @returns causes by tenant id, of the tenants that are closed
   */
  lookAtDamage(): Promise<ReadonlyMap<string, string>>;
  /** Looks which of the tenants in memory are still there, and lets go of everything that is in memory of the others. */
  forgetGone(): Promise<void>;
}

export const tenantUnknown = (): AppError => new AppError('tenant-unknown', 404, 'There is no such tenant here.');

/** The refusal of everybody who comes in the name of a tenant that is there and not served. */
export const tenantClosed = (state: Exclude<KeptState, 'active'>): AppError =>
  state === 'suspended'
    ? new AppError('tenant-suspended', 403, 'The tenant of this credential is suspended.', {
        fix: 'Ask those who administer the service to activate it again.',
      })
    : new AppError('tenant-pending-removal', 403, 'The tenant of this credential is about to be removed.', {
        fix: 'Ask those who administer the service to restore it before it is removed.',
      });
