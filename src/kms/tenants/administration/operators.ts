import type { Page } from '#infra/http/request/paging.ts';
import { type Caller, serviceCaller } from '#kms/caller.ts';
import type { TenantDirectory } from '../directory.ts';
import type { TenantRecord } from '../tenant.ts';
import type { ListTenants, TenantAdministration } from './administration.ts';
import { pageOfTenants } from './page-of-tenants.ts';
import type { ShownTenants } from './shown-tenants.store.ts';
import { tenantNotFound, tenantRemoved } from './tenant-errors.ts';

/**
 * Tenants for operators of the admin listener, who belong to no tenant: they act as the service itself, and the event of each of their
 * acts names them. A `tenant` is its id or its name.
 */
export interface OperatorsOfTenants {
  list(query: ListTenants): Promise<Page<TenantRecord>>;
  /** @throws AppError as `TenantAdministration.change` */
  suspend(tenant: string): Promise<TenantRecord>;
  /** @throws AppError as `TenantAdministration.change` */
  activate(tenant: string): Promise<TenantRecord>;
  /** @throws AppError as `TenantAdministration.scheduleRemoval` */
  scheduleRemoval(tenant: string, input: { readonly waitDays?: number }): Promise<TenantRecord>;
  /** @throws AppError as `TenantAdministration.restore` */
  restore(tenant: string): Promise<TenantRecord>;
}

export const createOperatorsOfTenants = (options: {
  readonly administration: TenantAdministration;
  readonly shown: ShownTenants;
  readonly tenants: Pick<TenantDirectory, 'keptById'>;
}): OperatorsOfTenants => {
  const { administration, shown, tenants } = options;

  const inNameOf = async (tenant: string): Promise<Caller> => {
    const found = await shown.find(tenant);
    if (found === undefined) throw tenantNotFound();
    const kept = await tenants.keptById(found.id);
    if (kept === undefined) throw tenantRemoved();
    return serviceCaller(kept, 'administer-tenants');
  };

  return {
    list: (query) => pageOfTenants(shown, query),
    suspend: async (tenant) => administration.change(await inNameOf(tenant), tenant, { state: 'suspended' }),
    activate: async (tenant) => administration.change(await inNameOf(tenant), tenant, { state: 'active' }),
    scheduleRemoval: async (tenant, input) => administration.scheduleRemoval(await inNameOf(tenant), tenant, input),
    restore: async (tenant) => administration.restore(await inNameOf(tenant), tenant),
  };
};
