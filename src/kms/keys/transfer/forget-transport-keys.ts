import type { Job } from '#infra/jobs/job.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { tenantJob, type TenantJobOptions } from '#kms/tenants/tenant-job.ts';
import { transportKeysStore } from './transport-key.store.ts';

/**
 * Removes transport keys that have expired, in the database of each tenant, so that nothing can be opened by them any more.
 *
 * @param options.now epoch milliseconds
 */
export const forgetTransportKeys = ({
  now,
  ...options
}: TenantJobOptions & { readonly rows: Pick<RowIntegrity, 'of'>; readonly now: () => number }): Job =>
  tenantJob(options, {
    name: 'forget-transport-keys',
    periodMs: 10 * 60_000,
    code: 'transport-keys-not-forgotten',
    act: async (tenant) => {
      const { db } = await tenant.database();
      await transportKeysStore(db, options.rows.of(tenant.id)).removeExpired(now());
    },
  });
