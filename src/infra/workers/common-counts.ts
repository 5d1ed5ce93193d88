import type { BoundedKey } from '#infra/cache/bounded-key.ts';
import type { Topic, Workers } from './workers.ts';

/** Milliseconds in which counts are gathered before they are told: so much later the others know of them. */
const GATHER_MS = 20;

/** What all workers of a server count together. */
export interface CommonCounts {
  /** Tells the others of what was counted here; a negative number takes back. */
  add(key: BoundedKey, count: number): void;
  /** Hears what was counted elsewhere. */
  onOthers(listener: (key: BoundedKey, count: number) => void): void;
}

/**
 * A limit holds for all workers of a server together, whichever of them a connection came to: each counts what comes to it, and hears
 * within some hundredths of a second what came to the others. Nothing waits for it, so a limit may be passed by what comes meanwhile.
 *
 * @returns undefined where the server is a single process
 */
export const createCommonCounts = (workers: Workers, topic: Topic): CommonCounts | undefined => {
  if (workers.count === 1) return undefined;
  let gathered = new Map<BoundedKey, number>();
  const tell = (): void => {
    workers.tell(topic, gathered);
    gathered = new Map();
  };
  return {
    add: (key, count) => {
      if (gathered.size === 0) setTimeout(tell, GATHER_MS).unref();
      gathered.set(key, (gathered.get(key) ?? 0) + count);
    },
    onOthers: (listener) =>
      workers.hear(topic, (counts: ReadonlyMap<BoundedKey, number>) => {
        for (const [key, count] of counts) if (count !== 0) listener(key, count);
      }),
  };
};
