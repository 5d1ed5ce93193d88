import { publicCause } from '#infra/apperr/public-cause.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Operate } from '#kms/action.ts';
import { serviceCaller } from '#kms/caller.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { Emit } from '#kms/events.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { byDoubtfulClock, type ClockWatch } from '../clock-watch.ts';
import type { TenantDirectory } from '../directory.ts';
import { throwFailures } from '../failures.ts';
import { leasesEnded } from '../leases.ts';
import type { TenantLifeCycle } from '../life-cycle.ts';
import type { Tenant, TenantRecord } from '../tenant.ts';
import { tenantsStore } from '../tenants.store.ts';
import { removalNotDue } from './tenant-errors.ts';
import { TENANT_ACTIONS } from './tenant.actions.ts';

/** Milliseconds that a tenant may stay after its time. */
const LOOK_EVERY_MS = 60_000;
const NAME = 'remove-due-tenants';

/**
 * Removes the tenants whose time has come, each as an act of its own, and drops databases of tenants that another process removed, and was
 * killed before it had dropped them. What fails is tried again with the next run: the others go on, and the job fails and names it. Nothing
 * is removed by a clock that cannot be believed.
 *
 * @param options.now epoch milliseconds
 */
export const removeDueTenants = (options: {
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly operate: Operate;
  readonly service: Pick<Database<ServiceTables>, 'db' | 'kind'>;
  readonly rows: RowIntegrity;
  readonly tenants: Pick<TenantDirectory, 'keptById' | 'drop'>;
  readonly lifeCycle: Pick<TenantLifeCycle, 'end' | 'takeEffect'>;
  readonly clock: ClockWatch;
  readonly emit: Emit;
  readonly now: () => number;
}): Job => {
  const { locks, operate, service, rows, tenants, lifeCycle, clock, emit, now } = options;
  const store = tenantsStore(service.db, rows);

  const mustBeDue = ({ state, removalDueAt }: TenantRecord): void => {
    if (state !== 'pending-removal' || removalDueAt === null || removalDueAt > now()) throw removalNotDue();
  };

  const remove = async ({ id }: Tenant): Promise<void> => {
    const tenant = await tenants.keptById(id);
    // Of a demo that sleeps here, or gone meanwhile.
    if (tenant === undefined) return;
    await operate(serviceCaller(tenant, NAME), TENANT_ACTIONS.remove, null, async () => ({
      object: { kind: 'tenant', id },
      write: (tx) => lifeCycle.end(tx, id, mustBeDue),
    }));
    emit({ type: 'tenant-removed', id });
    await lifeCycle.takeEffect([tenant]);
  };

  return {
    name: NAME,
    periodMs: LOOK_EVERY_MS,
    tryLock: () => locks.tryLock(`kms-${NAME}`),
    run: async (signal) => {
      if (!rows.isReadable()) return;
      const failures: string[] = [];
      const attempt = (what: string, act: Promise<void>): Promise<void> =>
        act.catch((error: unknown) => {
          if (!(error instanceof AppError && error.code === 'removal-not-due')) failures.push(`${what}: ${publicCause(error)}`);
        });

      const left = await store.databasesToDrop();
      // Another process may have noted them a moment ago, and others may use them yet.
      if (left.length > 0) await leasesEnded(service.kind);
      for (const schemaName of left) await attempt(`database ${schemaName}`, tenants.drop(schemaName));

      const due = await store.due(now());
      const doubtfulUntil = await clock.doubtfulUntil();
      if (doubtfulUntil !== null && due.length > 0) {
        failures.push(`${due.length} tenants are not removed ${byDoubtfulClock(doubtfulUntil)}`);
      } else {
        for (const tenant of due) {
          signal.throwIfAborted();
          await attempt(`tenant ${tenant.id}`, remove(tenant));
        }
      }
      throwFailures('tenants-not-removed', failures);
    },
  };
};
