import type { BoundedKey } from './bounded-key.ts';

/** Runs a task once for all who ask under the same key while it is under way; the next to ask runs it again. */
export type SingleFlight<T> = (key: BoundedKey, run: () => Promise<T>) => Promise<T>;

export const createSingleFlight = <T>(): SingleFlight<T> => {
  const running = new Map<BoundedKey, Promise<T>>();
  return (key, run) => {
    const known = running.get(key);
    if (known !== undefined) return known;
    const started = run().finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
};
