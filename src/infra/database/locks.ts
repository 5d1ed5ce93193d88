export interface Lock extends AsyncDisposable {
  /** Aborts with an AppError `database-lock-lost` when the lock ends before its holder ends it; then another may have it. */
  readonly lost: AbortSignal;
}

/**
 * Locks by name among all processes that use the same databases. A lock ends with its disposal, or with the process that
 * holds it, however that ends: PostgreSQL keeps it for a connection, and SQLite files have one process anyway.
 */
export interface Locks {
  /**
   * Waits for the lock, and for those who asked before. The holder must not ask for it again: it would wait for itself.
   *
   * @throws AppError `database-busy` after a minute, `database-unavailable`
   */
  lock(name: string): Promise<Lock>;
  /** The lock, or null when another holds it. @throws AppError `database-unavailable` */
  tryLock(name: string): Promise<Lock | null>;
}
