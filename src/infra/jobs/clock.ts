/** The time that jobs live by. */
export interface Clock {
  /** Epoch milliseconds, for what people read. */
  wall(): number;
  /** Milliseconds of a clock that only goes forward, for durations. */
  monotonic(): number;
  /** Calls `run` once, after so many milliseconds; its disposal calls it off. */
  after(ms: number, run: () => void): Disposable;
}

/** Epoch milliseconds as they were at the start of the process, and from then on by a clock that never goes back: for durations in what others read. */
export const steadyNow = (): number => Math.floor(performance.timeOrigin + performance.now());

/** The clock of this machine. Its timers keep no process alive. */
export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms).unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
