import type { Locks } from '#infra/database/locks.ts';

/** What keeps processes apart that change the demo data of one database. */
export interface DemoLocks {
  /** Runs one change of the demo data at a time, in all processes. */
  exclusively<T>(change: () => Promise<T>): Promise<T>;
  /**
   * From now on this process answers for a pending reset: until it is disowned, or the process ends, or a quarter of an hour
   * is over, after which nobody will settle it any more. It answers for one at most: the latest is the only one that can be settled.
   *
   * @returns the reset that it answered for until now
   */
  own(resetId: string): Promise<string | null>;
  /** Answers no longer for a reset, if it did. */
  disown(resetId: string): Promise<void>;
  /** Whether some living process answers for this reset; without one it is settled at the next start. */
  hasOwner(resetId: string): Promise<boolean>;
}

const OWNED_AT_MOST_MS = 15 * 60_000;

/** @param service keeps services apart that share a database server */
export const createDemoLocks = (locks: Locks, service: 'identity' | 'kms'): DemoLocks => {
  const ownerOf = (resetId: string): string => `${service}-demo-reset:${resetId}`;
  let owned: { readonly resetId: string; readonly lock: AsyncDisposable; readonly timer: NodeJS.Timeout } | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const disown = async (resetId: string): Promise<void> => {
    if (owned?.resetId !== resetId) return;
    const { lock, timer } = owned;
    owned = null;
    clearTimeout(timer);
    await lock[Symbol.asyncDispose]();
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
      const before = owned?.resetId ?? null;
      // First, for it has a connection of the pool; and where another replica settled it, nobody else gives that back.
      if (before !== null) await disown(before);
      const lock = await locks.lock(ownerOf(resetId));
      const timer = setTimeout(() => void disown(resetId), OWNED_AT_MOST_MS);
      timer.unref();
      owned = { resetId, lock, timer };
      return before;
    },
    disown,
    hasOwner: async (resetId) => {
      if (owned?.resetId === resetId) return true;
      const lock = await locks.tryLock(ownerOf(resetId));
      await lock?.[Symbol.asyncDispose]();
      return lock === null;
    },
  };
};
