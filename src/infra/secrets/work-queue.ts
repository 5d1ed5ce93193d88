/** Runs at most `concurrency` tasks at once and lets at most `maxQueued` wait; `run` answers null when the queue is full. */
export interface WorkQueue {
  run<T>(task: () => Promise<T>): Promise<T> | null;
}

/** A bounded first-in first-out queue: refusing early beats answering late. */
export const createWorkQueue = ({ concurrency, maxQueued }: { concurrency: number; maxQueued: number }): WorkQueue => {
  const waiting: (() => void)[] = [];
  let running = 0;
  const release = () => {
    const next = waiting.shift();
    // The slot passes straight to the next task, so `running` stays as it is.
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    run: (task) => {
      if (running < concurrency) {
        running += 1;
        return Promise.resolve().then(task).finally(release);
      }
      if (waiting.length >= maxQueued) return null;
      return new Promise<void>((resolve) => waiting.push(resolve)).then(task).finally(release);
    },
  };
};
