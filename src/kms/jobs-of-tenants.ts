import type { Database, Databases } from '#infra/database/databases.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { ServiceTables } from './database/service-tables.ts';
import type { Emit } from './events.ts';
import { forgetIdempotencyKeys, forgetServiceIdempotencyKeys } from './idempotency/forget-keys.ts';
import type { RowIntegrity } from './integrity/row-integrity.ts';
import { forgetGrants } from './keys/grants/forget-grants.ts';
import type { Keys } from './keys/keys.ts';
import { destroyDueKeys } from './keys/life-cycle/destroy-due-keys.ts';
import { eraseDestroyedKeys } from './keys/life-cycle/erase-destroyed-keys.ts';
import { rotateDueKeys } from './keys/rotation/rotate-due-keys.ts';
import { forgetTransportKeys } from './keys/transfer/forget-transport-keys.ts';
import { removeDueTenants } from './tenants/administration/remove-due-tenants.ts';
import { createClockWatch } from './tenants/clock-watch.ts';
import { lookAtTenants } from './tenants/damaged-tenants.ts';
import type { TenantDirectory } from './tenants/directory.ts';
import { forgetGoneTenants } from './tenants/gone-tenants.ts';
import type { TenantLifeCycle } from './tenants/life-cycle.ts';

/**
 * Everything that the KMS does by the clock with tenants and what they hold.
 *
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const jobsOfTenants = (options: {
  readonly databases: Databases;
  readonly service: Database<ServiceTables>;
  readonly tenants: TenantDirectory;
  readonly lifeCycle: TenantLifeCycle;
  readonly rows: RowIntegrity;
  readonly keys: Keys;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
}): readonly Job[] => {
  const { databases: locks, service, tenants, lifeCycle, rows, keys, emit, now, elapsed } = options;
  const clock = createClockWatch({ db: service.db, now });
  return [
    forgetGoneTenants(tenants),
    lookAtTenants(tenants, rows),
    forgetIdempotencyKeys({ locks, tenants, rows, now }),
    forgetServiceIdempotencyKeys({ locks, service, now }),
    destroyDueKeys({ locks, tenants, rows, clock, destruction: keys.destruction, emit, now, elapsed }),
    eraseDestroyedKeys({ locks, tenants, rows, now }),
    forgetTransportKeys({ locks, tenants, rows, now }),
    forgetGrants({ locks, tenants, rows, now }),
    ...keys.jobs,
    removeDueTenants({ locks, operate: keys.operate, service, rows, tenants, lifeCycle, clock, emit, now }),
    rotateDueKeys({ materialKeys: keys.materialKeys, hints: keys.rotationHints, locks, tenants, rows, emit, now, elapsed }),
  ];
};
