/** Something opened once and used by many. */
interface Shared<H> {
  readonly handle: H;
  uses: number;
}

export interface SharedHandles<H> {
  /** Opens the handle, or takes part in the open one. */
  use(name: string): Promise<{ readonly handle: H; readonly release: () => Promise<void> }>;
  /** Closes the handle, whoever still uses it, then runs `work` before anyone can open it again. */
  closeThen(name: string, work: () => Promise<void>): Promise<void>;
  open(): H[];
  closeAll(): Promise<void>;
}

/** Handles by name, opened at the first use and closed after the last; for each name one thing happens at a time. */
export const createSharedHandles = <H>(open: (name: string) => Promise<H>, close: (handle: H) => Promise<void>): SharedHandles<H> => {
  const shared = new Map<string, Shared<H>>();
  const turns = new Map<string, Promise<unknown>>();

  const inTurn = <R>(name: string, work: () => Promise<R>): Promise<R> => {
    const before = turns.get(name) ?? Promise.resolve();
    // A failure of the one before is its caller's affair; this one only waits for its end.
    const turn = before.then(work, work);
    turns.set(name, turn);
    const forget = (): void => {
      if (turns.get(name) === turn) turns.delete(name);
    };
    turn.then(forget, forget);
    return turn;
  };

  const shut = async (name: string, entry: Shared<H> | undefined): Promise<void> => {
    if (entry === undefined || shared.get(name) !== entry) return;
    shared.delete(name);
    await close(entry.handle);
  };

  return {
    use: (name) =>
      inTurn(name, async () => {
        const entry = shared.get(name) ?? { handle: await open(name), uses: 0 };
        shared.set(name, entry);
        entry.uses += 1;
        const release = (): Promise<void> =>
          inTurn(name, async () => {
            entry.uses -= 1;
            if (entry.uses === 0) await shut(name, entry);
          });
        return { handle: entry.handle, release };
      }),
    closeThen: (name, work) =>
      inTurn(name, async () => {
        await shut(name, shared.get(name));
        await work();
      }),
    open: () => [...shared.values()].map((entry) => entry.handle),
    closeAll: async () => {
      await Promise.all([...shared.keys()].map((name) => inTurn(name, () => shut(name, shared.get(name)))));
    },
  };
};
