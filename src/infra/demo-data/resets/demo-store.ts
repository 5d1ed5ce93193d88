import type { Kysely, Transaction } from 'kysely';
import type { DemoResetState, LatestReset } from '../demo-reset.ts';
import type { DemoTenants } from '../demo-tenants.ts';

/**
 * The demo rows among the tables `T` of a server, and no other rows. A method that writes is atomic only within the transaction that
 * it is given. Times are epoch milliseconds.
 *
 * `Gone` says what was deleted, for those who let go of it once the transaction is committed.
 */
export interface DemoStore<T, Gone> {
  latestReset(db: Kysely<T>): Promise<LatestReset | undefined>;
  /** Inserts a pending reset in place of the one before. */
  insertReset(tx: Transaction<T>, resetId: string, at: number): Promise<void>;
  setResetState(tx: Transaction<T>, resetId: string, state: DemoResetState): Promise<void>;
  /** The tenants in use. */
  tenants(db: Kysely<T>): Promise<DemoTenants>;
  /** Takes all that is in use out of use; it stays until the reset is settled. */
  retire(tx: Transaction<T>, resetId: string, at: number): Promise<void>;
  /** Deletes what is retired. */
  deleteRetired(tx: Transaction<T>): Promise<Gone>;
  /** Deletes what a reset brought, and takes what it retired into use again. */
  restoreRetired(tx: Transaction<T>, resetId: string): Promise<Gone>;
}
