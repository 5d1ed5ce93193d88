import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { CallerTenant } from '#kms/caller.ts';
import { tenantJob, type TenantJobOptions } from '#kms/tenants/tenant-job.ts';
import { dueKeysStore, TABLES_OF_SECRETS } from './due-keys.store.ts';

const LOOK_EVERY_MS = 60_000;
/** Bytes that are written anew within half a second: so many hold up nobody. */
const SMALL_BYTES = 32 * 1024 * 1024;
/** Milliseconds from the beginning of an erasure to the next one of the same tenant, where it is not small, or has failed. */
const LARGE_EVERY_MS = 60 * 60_000;
const RETRY_SMALL_MS = 10 * 60_000;
const MAX_TENANTS = 10_000;

/**
 * Takes what was destroyed out of the files of the databases: of a small one within a minute, of any other at most once an hour, because
 * those who use it wait for that. The time of the next attempt is on the disk before each attempt, so that one that ends the process does
 * not end the next one, too.
 *
 * @param options.now epoch milliseconds
 */
export const eraseDestroyedKeys = (options: TenantJobOptions & { readonly now: () => number }): Job => {
  const { now } = options;
  /** By tenant: before when a large database is not to be erased again. */
  const rests = createBoundedMap<number>({ max: MAX_TENANTS });
  /** By tenant: why the last attempt failed. */
  const failures = createBoundedMap<{ readonly error: unknown }>({ max: MAX_TENANTS });

  const erase = async (tenant: CallerTenant): Promise<void> => {
    const key = boundedKey(tenant.id);
    const database = await tenant.database();
    const store = dueKeysStore(database.db);
    const due = await store.erasuresDue();
    if (due.length === 0) failures.delete(key);
    if (due.length === 0 || due.some(({ not_before: notBefore }) => now() < (notBefore ?? 0))) return;
    const isSmall = (await database.size(TABLES_OF_SECRETS)) < SMALL_BYTES;
    if (!isSmall && now() < (rests.get(key) ?? 0)) return;
    const rest = now() + (isSmall ? RETRY_SMALL_MS : LARGE_EVERY_MS);
    await store.putErasuresOff(rest);
    await database.erase(TABLES_OF_SECRETS);
    await store.erased(due);
    failures.delete(key);
    // What was destroyed meanwhile is still there.
    if (isSmall) await store.putErasuresOff(null);
    else rests.set(key, rest);
  };

  return tenantJob(options, {
    name: 'erase-destroyed-keys',
    periodMs: LOOK_EVERY_MS,
    code: 'files-not-erased',
    act: async (tenant) => {
      await erase(tenant).catch((error: unknown) => failures.set(boundedKey(tenant.id), { error }));
      // Until the next attempt the last one is what there is to tell.
      const failure = failures.get(boundedKey(tenant.id));
      if (failure !== undefined) throw failure.error;
    },
  });
};
