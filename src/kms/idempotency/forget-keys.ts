import type { Database } from '#infra/database/databases.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { tenantJob, type TenantJobOptions } from '#kms/tenants/tenant-job.ts';
import { idempotencyKeysStore } from './idempotency-keys.store.ts';

const PERIOD_MS = 10 * 60_000;

/**
 * Removes idempotency keys that are over, in the database of each tenant.
 *
 * @param options.now epoch milliseconds
 */
export const forgetIdempotencyKeys = ({ now, ...options }: TenantJobOptions & { readonly now: () => number }): Job =>
  tenantJob(options, {
    name: 'forget-idempotency-keys',
    periodMs: PERIOD_MS,
    code: 'idempotency-keys-not-forgotten',
    act: async (tenant) => {
      const { db } = await tenant.database();
      await idempotencyKeysStore(db).removeExpired(now());
    },
  });

/** The same in the database of the service, where those of all tenants stand. @param options.now epoch milliseconds */
export const forgetServiceIdempotencyKeys = (options: {
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly service: Pick<Database<ServiceTables>, 'db'>;
  readonly now: () => number;
}): Job => ({
  name: 'forget-service-idempotency-keys',
  periodMs: PERIOD_MS,
  tryLock: () => options.locks.tryLock('kms-forget-service-idempotency-keys'),
  run: () => idempotencyKeysStore(options.service.db).removeExpired(options.now()),
});
