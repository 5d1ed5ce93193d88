import type { Job } from '#infra/jobs/job.ts';
import { tenantJob, type TenantJobOptions } from '#kms/tenants/tenant-job.ts';
import { idempotencyKeysStore } from './idempotency-keys.store.ts';

/**
 * Removes idempotency keys that are over, in the database of each tenant.
 *
 * @param options.now epoch milliseconds
 */
export const forgetIdempotencyKeys = ({ now, ...options }: TenantJobOptions & { readonly now: () => number }): Job =>
  tenantJob(options, {
    name: 'forget-idempotency-keys',
    periodMs: 10 * 60_000,
    code: 'idempotency-keys-not-forgotten',
    act: async (tenant) => {
      const { db } = await tenant.database();
      await idempotencyKeysStore(db).removeExpired(now());
    },
  });
