import type { Job } from '#infra/jobs/job.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { tenantJob, type TenantJobOptions } from '#kms/tenants/tenant-job.ts';
import { grantsStore } from './grant.store.ts';

/**
 * Removes grants that have expired, in the database of each tenant: they give nothing any more, and count for quotas until then.
 *
 * @param options.now epoch milliseconds
 */
export const forgetGrants = ({
  now,
  ...options
}: TenantJobOptions & { readonly rows: Pick<RowIntegrity, 'of'>; readonly now: () => number }): Job =>
  tenantJob(options, {
    name: 'forget-grants',
    periodMs: 10 * 60_000,
    code: 'grants-not-forgotten',
    act: async (tenant) => {
      const { db } = await tenant.database();
      await grantsStore(db, options.rows.of(tenant.id)).removeExpired(now());
    },
  });
