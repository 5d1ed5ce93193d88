import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '#infra/database/databases.ts';
import type { Lock, Locks } from '#infra/database/locks.ts';

/** What keeps processes apart that change the demo data of one database. Disposed, it answers for no reset any more. */
export interface DemoLocks extends AsyncDisposable {
  /** Runs one change of the demo data at a time, in all processes. */
  exclusively<T>(change: () => Promise<T>): Promise<T>;
  /**
   * A database for the changes: its transactions are rolled back with `database-lock-lost`, 503, when the lock of the change was
   * lost, since another process may be at it by then.
   */
  guard<T>(database: Database<T>): Database<T>;
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
/** Between two attempts to answer for a reset again. */
const AGAIN_AFTER_MS = 250;

interface Owned {
  readonly resetId: string;
  readonly timer: NodeJS.Timeout;
  lock: Lock;
}

/** @param service keeps services apart that share a database server */
export const createDemoLocks = (locks: Locks, service: 'identity' | 'kms'): DemoLocks => {
  const ownerOf = (resetId: string): string => `${service}-demo-reset:${resetId}`;
  let owned: Owned | null = null;
  /** The lock of the change under way. */
  let held: Lock | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const disown = async (resetId: string): Promise<void> => {
    if (owned?.resetId !== resetId) return;
    const { lock, timer } = owned;
    owned = null;
    clearTimeout(timer);
    await lock[Symbol.asyncDispose]();
  };

  const locked = async <T>(change: () => Promise<T>): Promise<T> => {
    await using lock = await locks.lock(`${service}-demo`);
    held = lock;
    return await change();
  };

  const keep = (entry: Owned): void => entry.lock.lost.addEventListener('abort', () => void takeAgain(entry), { once: true });

  /** PostgreSQL was away; whoever began the reset is not, and may settle it yet. */
  const takeAgain = async (entry: Owned): Promise<void> => {
    await entry.lock[Symbol.asyncDispose]();
    const isOwned = (): boolean => owned === entry;
    while (isOwned()) {
      const lock = await locks.lock(ownerOf(entry.resetId)).catch(() => null);
      if (lock === null) {
        await pause(AGAIN_AFTER_MS, undefined, { ref: false });
      } else if (isOwned()) {
        entry.lock = lock;
        return keep(entry);
      } else {
        await lock[Symbol.asyncDispose]();
      }
    }
  };

  return {
    // In turn within this process, so that it waits with one connection, however many changes it is asked for.
    exclusively: (change) => {
      const run = () => locked(change);
      const turn = last.then(run, run);
      last = turn.catch(() => {});
      return turn;
    },
    guard: (database) => ({
      ...database,
      transaction: (run) => database.transaction((tx) => run(tx).finally(() => held?.lost.throwIfAborted())),
    }),
    own: async (resetId) => {
      const before = owned?.resetId ?? null;
      // First, for it has a connection of the pool; and where another replica settled it, nobody else gives that back.
      if (before !== null) await disown(before);
      const lock = await locks.lock(ownerOf(resetId));
      const timer = setTimeout(() => void disown(resetId), OWNED_AT_MOST_MS);
      timer.unref();
      owned = { resetId, timer, lock };
      keep(owned);
      return before;
    },
    disown,
    hasOwner: async (resetId) => {
      if (owned?.resetId === resetId) return true;
      const lock = await locks.tryLock(ownerOf(resetId));
      await lock?.[Symbol.asyncDispose]();
      return lock === null;
    },
    [Symbol.asyncDispose]: async () => {
      if (owned !== null) await disown(owned.resetId);
    },
  };
};
