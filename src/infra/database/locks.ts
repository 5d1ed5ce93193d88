export interface Lock extends AsyncDisposable {
  /** Aborts with an AppError `database-lock-lost` when the lock ends before its holder ends it; then another may have it. */
  readonly lost: AbortSignal;
}

/**
 * Locks by name among all processes that use the same databases. One ends with its disposal, or with the process that
 * holds it, however that ends: PostgreSQL keeps it for a connection, and SQLite files have one process anyway.
 */
export interface Locks {
  /**
   * Waits for the lock, and for those who asked before. Not to be asked for by its holder, who would wait for himself.
   *
   * @throws AppError `database-busy` after a minute, `database-unavailable`
   */
  lock(name: string): Promise<Lock>;
  /** The lock, or null when another holds it. @throws AppError `database-unavailable` */
  tryLock(name: string): Promise<Lock | null>;
}

/** Locks within this process. */
export const createLocalLocks = (): Locks => {
  /** The end of the last in each queue. */
  const queues = new Map<string, Promise<void>>();
  const never = new AbortController().signal;

  const enter = (name: string): { readonly turn: Promise<void>; readonly lock: Lock } => {
    const turn = queues.get(name) ?? Promise.resolve();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const end = turn.then(() => left);
    queues.set(name, end);
    const release = async (): Promise<void> => {
      leave();
      if (queues.get(name) === end) queues.delete(name);
    };
    return { turn, lock: { lost: never, [Symbol.asyncDispose]: release } };
  };

  return {
    lock: async (name) => {
      const { turn, lock } = enter(name);
      await turn;
      return lock;
    },
    tryLock: async (name) => (queues.has(name) ? null : enter(name).lock),
  };
};
