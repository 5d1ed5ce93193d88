import type { Lock, Locks } from '../locks.ts';

/** Locks within this process. */
export const createLocalLocks = (): Locks => {
  /** The end of the last in each queue. */
  const queues = new Map<string, Promise<void>>();
  const never = new AbortController().signal;

  const enter = (name: string): { readonly turn: Promise<void>; readonly lock: Lock } => {
    const turn = queues.get(name) ?? Promise.resolve();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const end = turn.then(() => left);
    queues.set(name, end);
    const release = async (): Promise<void> => {
      leave();
      if (queues.get(name) === end) queues.delete(name);
    };
    return { turn, lock: { lost: never, [Symbol.asyncDispose]: release } };
  };

  return {
    lock: async (name) => {
      const { turn, lock } = enter(name);
      await turn;
      return lock;
    },
    tryLock: async (name) => (queues.has(name) ? null : enter(name).lock),
  };
};
