import { setTimeout as pause } from 'node:timers/promises';
import type { Lock, Locks } from '#infra/database/locks.ts';
import type { DemoLocks } from './demo-locks.ts';

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

  /** The lock ended because PostgreSQL was away. This process is still here, and its caller may settle the reset yet. */
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
    // The changes of this process wait in a queue here, so that only one of them holds a connection while it waits for the lock.
    exclusively: (change) => {
      const run = () => locked(change);
      const turn = last.then(run, run);
      last = turn.catch(() => {});
      return turn;
    },
    guard: (database) => {
      const transaction: typeof database.transaction = (run) =>
        database.transaction((tx) => run(tx).finally(() => held?.lost.throwIfAborted()));
      return { ...database, transaction, unsynced: { db: database.db, transaction } };
    },
    own: async (resetId) => {
      const before = owned?.resetId ?? null;
      // First, because its lock holds a connection of the pool, which nobody else gives back where another replica settled the reset.
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
