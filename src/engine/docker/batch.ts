export interface Batch<K, V> {
  do(key: K, signal: AbortSignal): Promise<V>;
  /** Resolves when nothing is under way, however it ended. */
  idle(): Promise<void>;
}

/** Turns calls that come in one turn of the event loop into one piece of work; the next batch waits until that is done. */
export const createBatch = <K, V>(run: (keys: readonly K[], signal: AbortSignal) => Promise<ReadonlyMap<K, V>>): Batch<K, V> => {
  let waiting: { readonly keys: Set<K>; readonly signals: Set<AbortSignal>; readonly done: Promise<ReadonlyMap<K, V>> } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const begin = () => {
    const [keys, signals] = [new Set<K>(), new Set<AbortSignal>()];
    const turn = Promise.all([new Promise((resolve) => setImmediate(resolve)), last.catch(() => undefined)]);
    const done = turn.then(() => {
      waiting = undefined;
      return run([...keys], AbortSignal.any([...signals]));
    });
    last = done;
    return { keys, signals, done };
  };

  return {
    do: async (key, signal) => {
      waiting ??= begin();
      const { keys, signals, done } = waiting;
      keys.add(key);
      signals.add(signal);
      const value = (await done).get(key);
      if (value === undefined) throw new TypeError(`nothing was done for ${String(key)}`);
      return value;
    },
    idle: () =>
      last.then(
        () => undefined,
        () => undefined,
      ),
  };
};
