import { AppError } from '#infra/apperr/app-error.ts';
import { publicCause } from '#infra/apperr/public-cause.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { Locks } from '#infra/database/locks.ts';
import type { Job } from '#infra/jobs/job.ts';
import { type CallerTenant, serviceCaller } from '#kms/caller.ts';
import type { Emit } from '#kms/events.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { throwFailures } from '#kms/tenants/failures.ts';
import { takeTurns } from '#kms/tenants/take-turns.ts';
import type { MaterialKeyService } from '../material-keys/material-key.ts';
import { dueKey, idsOfDueKeys } from './due-keys.ts';
import type { RotationHints } from './rotation-hints.ts';

const NAME = 'rotate-due-keys';
const EVERY_MS = 60_000;
/** A key whose rotation failed is left alone for so long, because each attempt is an act that is recorded. */
const RETRY_MS = 10 * 60_000;
const MAX_FAILURES = 1_000;
/** Keys of one tenant that are rotated at once; each waits for the leases of all replicas. */
const AT_ONCE = 4;

/** Somebody else has rotated it. */
const notDue = (): AppError => new AppError('rotation-not-due', 409, 'The elastic key has a newer version by now.');

interface Failure {
  /** On the clock that never goes back. */
  readonly at: number;
  readonly message: string;
}

/**
 * Rotates keys by their period, and by the count of their newest version, in the name of the service itself. One replica does it at a
 * time. It looks at all tenants each minute, in turns, and at once, and first, at one in which a version has just protected so often. A key that is not active,
 * or has expired, is left as it is. One that could not be rotated fails the job, which names it and tries again after ten minutes; the
 * others go on.
 *
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds on a clock that never goes back
 */
export const rotateDueKeys = (options: {
  readonly materialKeys: Pick<MaterialKeyService, 'rotate'>;
  readonly hints: RotationHints;
  readonly locks: Pick<Locks, 'lock' | 'tryLock'>;
  readonly tenants: { kept(): Promise<readonly CallerTenant[]> };
  readonly rows: Pick<RowIntegrity, 'of' | 'isReadable'>;
  readonly emit: Emit;
  readonly now: () => number;
  readonly elapsed: () => number;
}): Job => {
  const { materialKeys, hints, locks, tenants, rows, emit, now, elapsed } = options;
  const failures = createBoundedMap<Failure>({ max: MAX_FAILURES });
  let nextLookAtAll = elapsed();

  const rotate = async (tenant: CallerTenant, id: string): Promise<void> => {
    const { db } = await tenant.database();
    const due = await dueKey({ db, rows: rows.of(tenant.id) }, id, now());
    if (due === null) return;
    const { latestVersion } = due.elasticKey;
    const precondition = (current: { readonly latestVersion: number }): void => {
      if (current.latestVersion !== latestVersion) throw notDue();
    };
    const { version } = await materialKeys.rotate(serviceCaller(tenant, 'automatic-rotation'), id, { precondition });
    emit({ type: 'key-rotated', tenantId: tenant.id, elasticKeyId: id, version, cause: due.cause });
  };

  /** @returns why the key could not be rotated, now or not long ago; null where it was, or need not be */
  const attempt = async (tenant: CallerTenant, id: string): Promise<string | null> => {
    const key = boundedKey(id);
    const failed = failures.get(key);
    if (failed !== undefined && elapsed() - failed.at < RETRY_MS) return failed.message;
    try {
      await rotate(tenant, id);
      failures.delete(key);
      return null;
    } catch (error) {
      if (error instanceof AppError && error.code === 'rotation-not-due') return null;
      const message = `elastic key ${id} of tenant ${tenant.id}: ${publicCause(error)}`;
      failures.set(key, { at: elapsed(), message });
      return message;
    }
  };

  const dueOf = async (tenant: CallerTenant): Promise<readonly string[]> => {
    const { db } = await tenant.database();
    return idsOfDueKeys(db, now());
  };

  return {
    name: NAME,
    periodMs: EVERY_MS,
    onWake: (wake) => hints.onAdd(wake),
    // Where a version has come near its limit, another replica is waited for: its look may have come too early.
    tryLock: () => (hints.isEmpty ? locks.tryLock(`kms-${NAME}`) : locks.lock(`kms-${NAME}`)),
    run: async (signal) => {
      if (!rows.isReadable()) return;
      const hinted = hints.take();
      const isForAll = elapsed() >= nextLookAtAll;
      if (isForAll) nextLookAtAll = elapsed() + EVERY_MS;
      const messages: string[] = [];
      const began = elapsed();
      const kept = await tenants.kept();
      const others = isForAll ? kept.filter(({ id }) => !hinted.has(id)) : [];
      const isDone = await takeTurns([...kept.filter(({ id }) => hinted.has(id)), ...others], {
        due: (tenant) =>
          dueOf(tenant).catch((error: unknown) => {
            messages.push(`tenant ${tenant.id}: ${publicCause(error)}`);
            return [];
          }),
        act: async (tenant, ids) => {
          for (let at = 0; at < ids.length; at += AT_ONCE) {
            signal.throwIfAborted();
            const results = await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => attempt(tenant, id)));
            messages.push(...results.flatMap((message) => message ?? []));
          }
        },
        // A new hint begins the next pass, and is first in it.
        isOver: () => !hints.isEmpty || elapsed() - began >= EVERY_MS,
        signal,
      });
      if (!isDone) nextLookAtAll = elapsed();
      throwFailures('rotation-failed', messages);
    },
  };
};
