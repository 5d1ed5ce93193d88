import { AppError } from '#infra/apperr/app-error.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { CallerTenant } from '#kms/caller.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { type Destruction, isNotDue } from './destruction.ts';
import { dueKeysStore, TABLES_OF_SECRETS } from './due-keys.store.ts';

/** Milliseconds that a key may stay after its time. */
const LOOK_EVERY_MS = 60_000;
const NAME = 'destroy-due-keys';

/**
 * Destroys the keys of all tenants whose time has come, each as an act of its own, and then takes what was destroyed out of the files of
 * the database. What fails is tried again with the next run: the others go on, and the job fails with the first cause.
 *
 * @param options.now epoch milliseconds
 */
export const destroyDueKeys = (options: {
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly tenants: Pick<TenantDirectory, 'active'>;
  readonly rows: Pick<RowIntegrity, 'isReadable'>;
  readonly destruction: Destruction;
  readonly now: () => number;
}): Job => {
  const { locks, tenants, rows, destruction, now } = options;

  const destroyIn = async (tenant: CallerTenant, signal: AbortSignal, failures: unknown[]): Promise<void> => {
    const attempt = async (step: Promise<void>): Promise<void> => {
      signal.throwIfAborted();
      await step.catch((error: unknown) => {
        // Somebody restored it a moment ago.
        if (!isNotDue(error)) failures.push(error);
      });
    };
    const { db, erase } = await tenant.database();
    const { elasticKeys, materialKeys } = await dueKeysStore(db).due(now());
    for (const id of elasticKeys) await attempt(destruction.elasticKey(tenant, id));
    const gone = new Set(elasticKeys);
    for (const { elasticKeyId, id } of materialKeys)
      if (!gone.has(elasticKeyId)) await attempt(destruction.materialKey(tenant, elasticKeyId, id));
    if (!(await dueKeysStore(db).isErasureDue())) return;
    await erase(TABLES_OF_SECRETS);
    await dueKeysStore(db).erased();
  };

  return {
    name: NAME,
    periodMs: LOOK_EVERY_MS,
    tryLock: () => locks.tryLock(`kms-${NAME}`),
    run: async (signal) => {
      if (!rows.isReadable()) return;
      const failures: unknown[] = [];
      for (const tenant of await tenants.active()) {
        signal.throwIfAborted();
        await destroyIn(tenant, signal, failures).catch((error: unknown) => void failures.push(error));
      }
      const [first] = failures;
      if (first !== undefined)
        throw new AppError('keys-not-destroyed', 503, `${failures.length} of the keys that are due could not be destroyed`, {
          cause: first,
        });
    },
  };
};
