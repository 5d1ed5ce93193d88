import type { Clock } from '#infra/jobs/clock.ts';

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still until `advance` moves it, and that then calls what has become due, in the order of time. */
export const createManualClock = (wallStart: string): Clock & { advance(ms: number): Promise<void> } => {
  let passed = 0;
  const timers = new Set<Timer>();
  /** Everything that promises have brought about by now. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    wall: () => Date.parse(wallStart) + passed,
    monotonic: () => passed,
    after: (ms, run) => {
      const timer = { at: passed + ms, run };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    advance: async (ms) => {
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
    },
  };
};
