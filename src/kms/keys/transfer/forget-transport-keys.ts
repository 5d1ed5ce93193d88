import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { transportKeysStore } from './transport-key.store.ts';

const EVERY_MS = 10 * 60_000;
const NAME = 'forget-transport-keys';

/**
 * Removes transport keys that have expired, in the database of each tenant, so that nothing can be opened by them any more. A database
 * that cannot be opened keeps its keys until it is mended: the others go on, and the job fails with its cause.
 *
 * @param options.now epoch milliseconds
 */
export const forgetTransportKeys = (options: {
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly tenants: Pick<TenantDirectory, 'active'>;
  readonly rows: Pick<RowIntegrity, 'of' | 'isReadable'>;
  readonly now: () => number;
}): Job => {
  const { locks, tenants, rows, now } = options;
  return {
    name: NAME,
    periodMs: EVERY_MS,
    tryLock: () => locks.tryLock(`kms-${NAME}`),
    run: async (signal) => {
      if (!rows.isReadable()) return;
      const failures: unknown[] = [];
      for (const tenant of await tenants.active()) {
        signal.throwIfAborted();
        try {
          const { db } = await tenant.database();
          await transportKeysStore(db, rows.of(tenant.id)).removeExpired(now());
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
};
