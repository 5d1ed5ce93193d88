import type { Locks } from '#infra/database/locks.ts';

/** What keeps processes apart that change the demo data of one database. */
export interface DemoLocks {
  /** Runs one change of the demo data at a time, in all processes. */
  exclusively<T>(change: () => Promise<T>): Promise<T>;
  /**
   * From now on this process answers for a pending reset: until it is disowned, or the process ends, or a quarter of an hour
   * is over, after which nobody will settle it any more.
   */
  own(resetId: string): Promise<void>;
  /** Answers no longer for a reset, if it did. */
  disown(resetId: string): Promise<void>;
  /** Whether some living process answers for this reset; without one it is settled at the next start. */
  hasOwner(resetId: string): Promise<boolean>;
}

const OWNED_AT_MOST_MS = 15 * 60_000;

/** @param service keeps services apart that share a database server */
export const createDemoLocks = (locks: Locks, service: 'identity' | 'kms'): DemoLocks => {
  const ownerOf = (resetId: string): string => `${service}-demo-reset:${resetId}`;
  const owned = new Map<string, { readonly lock: AsyncDisposable; readonly timer: NodeJS.Timeout }>();
  let last: Promise<unknown> = Promise.resolve();

  const disown = async (resetId: string): Promise<void> => {
    const entry = owned.get(resetId);
    owned.delete(resetId);
    clearTimeout(entry?.timer);
    await entry?.lock[Symbol.asyncDispose]();
  };

  const locked = async <T>(change: () => Promise<T>): Promise<T> => {
    await using _lock = await locks.lock(`${service}-demo`);
    return await change();
  };

  return {
    // In turn within this process, so that it waits with one connection, however many changes it is asked for.
    exclusively: (change) => {
      const run = () => locked(change);
      const turn = last.then(run, run);
      last = turn.catch(() => {});
      return turn;
    },
    own: async (resetId) => {
      const lock = await locks.lock(ownerOf(resetId));
      const timer = setTimeout(() => void disown(resetId), OWNED_AT_MOST_MS);
      timer.unref();
      owned.set(resetId, { lock, timer });
    },
    disown,
    hasOwner: async (resetId) => {
      if (owned.has(resetId)) return true;
      const lock = await locks.tryLock(ownerOf(resetId));
      await lock?.[Symbol.asyncDispose]();
      return lock === null;
    },
  };
};
