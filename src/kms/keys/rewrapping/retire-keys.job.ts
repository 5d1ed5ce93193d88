import { AppError } from '#infra/apperr/app-error.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { GRACE_MS } from '#kms/barrier/hierarchy/retire-intermediates.ts';
import type { TenantContentKeys } from '#kms/barrier/rotation.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { rewrapTenant } from './rewrap-tenant.ts';

const LOOK_EVERY_MS = 10_000;
const MAX_REMEMBERED = 10_000;
const LOCK = 'kms-retire-keys';

const secretsDamaged = (tenantId: string, count: number): AppError =>
  new AppError(
    'secrets-damaged',
    503,
    `${count} secrets of tenant ${tenantId} cannot be wrapped anew: they are not as the KMS wrote them.`,
    {
      fix: 'Find out who writes to the database, and restore the database of this tenant from its last backup.',
    },
  );

/** What this process has done since its start. */
export interface RetiringProgress {
  readonly contentKeysRewrapped: number;
  readonly secretsRewrapped: number;
}

/**
 * Wraps anew what older keys of the barrier wrap, and removes an older key once nothing names it and no request can any more:
 *
 *     rotation ──► wrap everything anew ──► an hour ──► wrap anew what came late ──► remove older keys
 *
 * Tenants of a demo that sleeps, or that one retired, keep their older keys until they are served again. A damaged
 * secret keeps the key that it names, and the job fails and tells the tenant.
 *
 * @param options.now epoch milliseconds
 */
export const retireOlderKeys = (options: {
  readonly barrier: Pick<Barrier, 'rotation' | 'state'>;
  readonly tenants: Pick<TenantDirectory, 'keptById'>;
  readonly rows: Pick<RowIntegrity, 'of'>;
  readonly locks: Pick<Locks, 'tryLock'>;
  readonly now: () => number;
}): Job & { readonly progress: () => RetiringProgress } => {
  const { barrier, tenants, rows, locks, now } = options;
  /** By tenant, the newest content key under which everything was wrapped. */
  const done = createBoundedMap<string>({ max: MAX_REMEMBERED });
  let [contentKeysRewrapped, secretsRewrapped] = [0, 0];

  const retire = async ({ tenantId, newest }: TenantContentKeys, signal: AbortSignal): Promise<void> => {
    const isDue = newest.createdAt + GRACE_MS <= now();
    const slot = boundedKey(tenantId);
    if (!isDue && done.get(slot) === newest.id) return;
    const tenant = await tenants.keptById(tenantId);
    if (tenant === undefined) return;
    const { rewrapped, damaged } = await rewrapTenant(tenant, { barrier, rows, signal });
    secretsRewrapped += rewrapped;
    if (damaged > 0) throw secretsDamaged(tenantId, damaged);
    done.set(slot, newest.id);
    // What came late was wrapped by somebody who did not know of the newest key: the next look sees whether there is more.
    if (isDue && rewrapped === 0) await barrier.rotation.removeOlderContentKeys({ tenantId, newest });
  };

  return {
    name: 'retire-older-keys',
    periodMs: LOOK_EVERY_MS,
    tryLock: () => locks.tryLock(LOCK),
    run: async (signal) => {
      if (barrier.state() === 'sealed') return;
      contentKeysRewrapped += await barrier.rotation.retireIntermediates(signal);
      const older = (await barrier.rotation.contentKeys()).filter(({ keys }) => keys > 1);
      const failures: unknown[] = [];
      for (const keys of older) {
        signal.throwIfAborted();
        // A tenant whose database is damaged keeps no other one waiting.
        await retire(keys, signal).catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    },
    progress: () => ({ contentKeysRewrapped, secretsRewrapped }),
  };
};
