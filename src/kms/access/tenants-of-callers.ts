import { AppError } from '#infra/apperr/app-error.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { Challenges } from './challenges.ts';

/** As much of the directory as credentials need, of whatever kind they are. */
export type TenantsOfCallers = Pick<TenantDirectory, 'byId' | 'byName'>;

/**
 * The tenants for whom credentials are taken. The refusal of one that is suspended, or about to be removed, tells as much as all answers
 * about credentials do.
 */
export const tenantsOfCallers = ({ byId, byName }: TenantsOfCallers, { closedTenant }: Challenges): TenantsOfCallers => {
  const told = (error: unknown): never => {
    throw error instanceof AppError && error.status === 403 ? closedTenant(error) : error;
  };
  return { byId: (id) => byId(id).catch(told), byName: (name) => byName(name).catch(told) };
};
