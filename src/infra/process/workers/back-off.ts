/** Milliseconds before the first, and the longest, wait. */
const FIRST_MS = 100;
const LONGEST_MS = 10_000;
/** A process that was up for so many milliseconds had no trouble with its start. */
const WHOLE_MS = 60_000;

/** How long to wait before a process that ended is replaced: longer each time, so that one that cannot start takes no processor from the others. */
export interface BackOff {
  /** @param livedMs how long it was up; 0 where it never was */
  next(livedMs: number): number;
}

export const createBackOff = (): BackOff => {
  let wait = FIRST_MS;
  return {
    next: (livedMs) => {
      if (livedMs >= WHOLE_MS) wait = FIRST_MS;
      const now = wait;
      wait = Math.min(wait * 2, LONGEST_MS);
      return now;
    },
  };
};
