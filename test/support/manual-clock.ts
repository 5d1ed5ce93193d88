import type { Clock } from '#infra/jobs/clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

const STEP_MS = 50;

interface ManualClock extends Clock {
  /** Lets so many milliseconds pass. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until the promise is settled, however long what it waits for takes. */
  until<T>(promise: Promise<T>): Promise<T>;
}

/** A clock that stands still until it is moved, and that then calls what has become due, in the order of time. */
export const createManualClock = (wallStart: string): ManualClock => {
  let passed = 0;
  const timers = new Set<Timer>();
  /** Everything that promises have brought about by now. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const advance = async (ms: number): Promise<void> => {
    const end = passed + ms;
    await settle();
    for (;;) {
      const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      timers.delete(next);
      passed = next.at;
      next.run();
      await settle();
    }
    passed = end;
  };
  return {
    wall: () => Date.parse(wallStart) + passed,
    monotonic: () => passed,
    after: (ms, run) => {
      const timer = { at: passed + ms, run };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    advance,
    until: async (promise) => {
      const pending = new Set([promise]);
      const settled = (): void => pending.clear();
      promise.then(settled, settled);
      for (await settle(); pending.size > 0;) await advance(STEP_MS);
      return promise;
    },
  };
};
