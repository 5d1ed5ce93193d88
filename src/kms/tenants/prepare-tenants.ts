import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { type TenantDirectory, type TenantHandle, tenantUnknown } from './directory.ts';
import type { Rows } from '#kms/integrity/row-integrity.ts';
import type { NewTenant, TenantLifeCycle } from './life-cycle.ts';
import type { Tenant } from './tenant.ts';
import { tenantsStore } from './tenants.store.ts';

/** Tenants that nobody sees yet, with their databases. */
export interface Preparation {
  /** To be called in the transaction that puts them in use. @throws a unique violation for a name that is taken */
  activate(tx: Transaction<ServiceTables>): Promise<void>;
  /** Removes those that are not in use, whatever became of that transaction. */
  discard(): Promise<void>;
}

/**
 * Makes tenants where nobody sees them yet. The caller holds the lock of those who prepare tenants until they are in use, or discarded.
 *
 * @param wanted the tenants, all new
 * @param fill what they hold from the start; the database of each is made in any case
 * @throws AppError `tenant-id-used` 409, or the caller's own in its place, and what `fill` throws; nothing is left of the tenants then
 */
export type PrepareTenants = (wanted: readonly NewTenant[], fill?: (tenant: TenantHandle) => Promise<void>) => Promise<Preparation>;

/**
 * Has prepared tenants put in use, and removes them again when that is refused.
 *
 * @param use calls `activate` in the transaction that puts them in use
 */
export const usePrepared = async <R>(
  { activate, discard }: Preparation,
  use: (activate: Preparation['activate']) => Promise<R>,
): Promise<R> => {
  try {
    return await use(activate);
  } catch (error) {
    await discard();
    throw error;
  }
};

/**
 * @param options.service its transactions are rolled back when the lock of the caller is lost
 * @param options.idUsed the error for an id that is in use
 */
export const createTenantPreparation = (options: {
  readonly service: Database<ServiceTables>;
  readonly rows: Rows;
  readonly tenants: Pick<TenantDirectory, 'preparing'>;
  readonly lifeCycle: TenantLifeCycle;
  readonly idUsed?: (tenant: NewTenant, cause: unknown) => AppError;
}): PrepareTenants => {
  const { service, rows, tenants, lifeCycle, idUsed = tenantIdUsed } = options;

  const begin = (wanted: NewTenant): Promise<Tenant> =>
    service
      .transaction((tx) => lifeCycle.create(tx, wanted))
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? idUsed(wanted, error) : error;
      });

  const discard = async (begun: readonly Tenant[]): Promise<void> => {
    const unused = await service.transaction(async (tx) => {
      // A commit whose answer was lost has put them in use in spite of the error.
      const preparing = new Set((await tenantsStore(tx, rows).inState('preparing')).map(({ id }) => id));
      const left = begun.filter(({ id }) => preparing.has(id));
      for (const tenant of left) await lifeCycle.remove(tx, tenant);
      return left;
    });
    await lifeCycle.takeEffect(unused);
  };

  return async (wanted, fill) => {
    const begun: Tenant[] = [];
    try {
      for (const each of wanted) begun.push(await begin(each));
      const filled = await Promise.allSettled(
        begun.map(async ({ id }) => {
          const tenant = await tenants.preparing(id);
          if (tenant === undefined) throw tenantUnknown();
          // A tenant without keys has its database all the same.
          await tenant.database();
          await fill?.(tenant);
        }),
      );
      for (const result of filled) if (result.status === 'rejected') throw result.reason;
    } catch (error) {
      await discard(begun);
      throw error;
    }
    return {
      activate: async (tx) => {
        for (const tenant of begun) await lifeCycle.activate(tx, tenant);
      },
      discard: () => discard(begun),
    };
  };
};

const tenantIdUsed = ({ id }: NewTenant, cause: unknown): AppError =>
  new AppError('tenant-id-used', 409, `The tenant id ${id} is in use already.`, { cause });
