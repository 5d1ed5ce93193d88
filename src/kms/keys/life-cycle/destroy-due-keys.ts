import { publicCause } from '#infra/apperr/public-cause.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { CallerTenant } from '#kms/caller.ts';
import type { Emit } from '#kms/events.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { byDoubtfulClock, type ClockWatch } from '#kms/tenants/clock-watch.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { throwFailures } from '#kms/tenants/failures.ts';
import { takeTurns } from '#kms/tenants/take-turns.ts';
import { type Destruction, isNotDue } from './destruction.ts';
import { dueKeysStore } from './due-keys.store.ts';

/** Milliseconds that a key may stay after its time. */
const LOOK_EVERY_MS = 60_000;
const NAME = 'destroy-due-keys';

/** An elastic key that is due, or one version of it. */
interface Due {
  readonly elasticKeyId: string;
  readonly id: string | null;
}

/**
 * Destroys the keys of all tenants whose time has come, each as an act of its own, tenant after tenant in turns. What fails is tried again
 * with the next run: the others go on, and the job fails and names it. Nothing is destroyed by a clock that cannot be believed.
 *
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds on a clock that never goes back
 */
export const destroyDueKeys = (options: {
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly tenants: Pick<TenantDirectory, 'kept'>;
  readonly rows: Pick<RowIntegrity, 'isReadable'>;
  readonly clock: ClockWatch;
  readonly destruction: Destruction;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
}): Job => {
  const { locks, tenants, rows, clock, destruction, emit, now, elapsed } = options;

  /** @returns why the key could not be destroyed; null where it was, or somebody restored it a moment ago */
  const attempt = async (tenant: CallerTenant, elasticKeyId: string, materialKeyId: string | null): Promise<string | null> => {
    try {
      if (materialKeyId === null) await destruction.elasticKey(tenant, elasticKeyId);
      else await destruction.materialKey(tenant, elasticKeyId, materialKeyId);
      emit({ type: 'key-destroyed', tenantId: tenant.id, elasticKeyId, materialKeyId });
      return null;
    } catch (error) {
      const key = materialKeyId === null ? `elastic key ${elasticKeyId}` : `material key ${materialKeyId}`;
      return isNotDue(error) ? null : `${key} of tenant ${tenant.id}: ${publicCause(error)}`;
    }
  };

  const dueOf = async (tenant: CallerTenant): Promise<readonly Due[]> => {
    const { db } = await tenant.database();
    const { elasticKeys, materialKeys } = await dueKeysStore(db).due(now());
    const gone = new Set(elasticKeys);
    return [
      ...elasticKeys.map((elasticKeyId) => ({ elasticKeyId, id: null })),
      ...materialKeys.filter(({ elasticKeyId }) => !gone.has(elasticKeyId)),
    ];
  };

  return {
    name: NAME,
    periodMs: LOOK_EVERY_MS,
    tryLock: () => locks.tryLock(`kms-${NAME}`),
    run: async (signal) => {
      if (!rows.isReadable()) return;
      const failures: string[] = [];
      const doubtfulUntil = await clock.doubtfulUntil();
      const began = elapsed();
      await takeTurns(await tenants.kept(), {
        due: async (tenant) => {
          try {
            const due = await dueOf(tenant);
            if (doubtfulUntil === null || due.length === 0) return due;
            failures.push(`${due.length} keys of tenant ${tenant.id} are not destroyed ${byDoubtfulClock(doubtfulUntil)}`);
          } catch (error) {
            failures.push(`tenant ${tenant.id}: ${publicCause(error)}`);
          }
          return [];
        },
        act: async (tenant, due) => {
          for (const { elasticKeyId, id } of due) {
            signal.throwIfAborted();
            failures.push(...[await attempt(tenant, elasticKeyId, id)].filter((failure) => failure !== null));
          }
        },
        isOver: () => elapsed() - began >= LOOK_EVERY_MS,
        signal,
      });
      throwFailures('keys-not-destroyed', failures);
    },
  };
};
