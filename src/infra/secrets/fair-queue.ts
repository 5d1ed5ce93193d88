import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createWorkQueue } from './work-queue.ts';

/** Runs one task at a time, and leaves places to others than the busiest; `run` answers null where an owner, or all, have as many as may wait. */
export interface FairQueue {
  run<T>(owner: string, task: () => Promise<T>): Promise<T> | null;
}

/**
 * @param ofOwner tasks of one owner that wait or run
 * @param all of all owners
 */
export const createFairQueue = ({ ofOwner, all }: { readonly ofOwner: number; readonly all: number }): FairQueue => {
  const queue = createWorkQueue({ concurrency: 1, maxQueued: all - 1 });
  const unfinished = new Map<BoundedKey, number>();
  const finished = (owner: BoundedKey): void => {
    const left = (unfinished.get(owner) ?? 1) - 1;
    if (left === 0) unfinished.delete(owner);
    else unfinished.set(owner, left);
  };
  return {
    run: (name, task) => {
      const owner = boundedKey(name);
      const before = unfinished.get(owner) ?? 0;
      const done = before < ofOwner ? queue.run(task) : null;
      if (done === null) return null;
      unfinished.set(owner, before + 1);
      return done.finally(() => finished(owner));
    },
  };
};
