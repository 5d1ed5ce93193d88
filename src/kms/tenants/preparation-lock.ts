import type { Database } from '#infra/database/databases.ts';

/**
 * The turn of those who prepare tenants, among all processes: operators who make one, and the demo. The sweep of a start takes it, too, so
 * a tenant that it finds in preparation was left by a process that is gone.
 */
export interface PreparationLock {
  /** Runs one preparation at a time. */
  exclusively<T>(prepare: () => Promise<T>): Promise<T>;
  /** A database whose transactions are rolled back with `database-lock-lost`, 503, once the turn was lost. */
  guard<T>(database: Database<T>): Database<T>;
}
