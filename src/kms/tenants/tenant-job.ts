import { publicCause } from '#infra/apperr/public-cause.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory, TenantHandle } from './directory.ts';
import { throwFailures } from './failures.ts';

export interface TenantJobOptions {
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly tenants: Pick<TenantDirectory, 'kept'>;
  readonly rows: Pick<RowIntegrity, 'isReadable'>;
}

/**
 * A job that does the same in each tenant, in one replica at a time, and nothing while the KMS is sealed. A tenant in which it fails, such
 * as one whose database cannot be opened, keeps none of the others waiting.
 *
 * @param job.code of the error with which the job then fails
 * @param job.act does it in one tenant
 */
export const tenantJob = (
  { locks, tenants, rows }: TenantJobOptions,
  job: {
    readonly name: string;
    readonly periodMs: number;
    readonly code: string;
    readonly act: (tenant: TenantHandle) => Promise<void>;
  },
): Job => {
  const { name, periodMs, code, act } = job;
  return {
    name,
    periodMs,
    tryLock: () => locks.tryLock(`kms-${name}`),
    run: async (signal) => {
      if (!rows.isReadable()) return;
      const failures: string[] = [];
      for (const tenant of await tenants.kept()) {
        signal.throwIfAborted();
        await act(tenant).catch((error: unknown) => failures.push(`tenant ${tenant.id}: ${publicCause(error)}`));
      }
      throwFailures(code, failures);
    },
  };
};
