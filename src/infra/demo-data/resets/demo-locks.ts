import type { Database } from '#infra/database/databases.ts';

/** Locks among the processes that change the demo data of one database. Disposal gives up the reset that this process answers for. */
export interface DemoLocks extends AsyncDisposable {
  /** Runs one change of the demo data at a time, in all processes. */
  exclusively<T>(change: () => Promise<T>): Promise<T>;
  /**
   * A database for the changes: its transactions are rolled back with `database-lock-lost`, 503, when the lock of the change was
   * lost, since another process may be at it by then.
   */
  guard<T>(database: Database<T>): Database<T>;
  /**
   * From now on this process answers for a pending reset: until it is disowned, or the process ends, or a quarter of an hour
   * is over, after which nobody will settle it any more. It answers for one at most: the latest is the only one that can be settled.
   *
   * @returns the reset that it answered for until now
   */
  own(resetId: string): Promise<string | null>;
  /** Answers no longer for a reset, if it did. */
  disown(resetId: string): Promise<void>;
  /** Whether some living process answers for this reset; without one it is settled at the next start. */
  hasOwner(resetId: string): Promise<boolean>;
}
