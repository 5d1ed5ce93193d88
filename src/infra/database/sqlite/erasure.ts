/** Milliseconds that a write waits for a file that is being written anew: reads wait behind it, because both have one connection. */
const WAIT_MS = 1_000;

/** That a file is being written anew, and until when writes wait for that. */
export interface Erasure {
  /** Begins it, or takes part in the one under way. */
  run(): Promise<void>;
  /** When who finds the file busy gives up, on the clock of `performance.now()`; infinite where none is under way. */
  readonly waitUntil: number;
  /** Resolves when none is under way, however it ended. */
  ended(): Promise<void>;
}

export const createErasure = (erase: () => Promise<void>): Erasure => {
  let underWay: Promise<void> | null = null;
  let waitUntil = Number.POSITIVE_INFINITY;
  return {
    run: () => {
      if (underWay !== null) return underWay;
      waitUntil = performance.now() + WAIT_MS;
      return (underWay = erase().finally(() => {
        underWay = null;
        waitUntil = Number.POSITIVE_INFINITY;
      }));
    },
    get waitUntil() {
      return waitUntil;
    },
    ended: async () => {
      await underWay?.catch(() => {});
    },
  };
};
