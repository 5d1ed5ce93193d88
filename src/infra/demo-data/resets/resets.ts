import type { Transaction } from 'kysely';
import type { DemoReset } from '../demo.ts';
import type { DemoTenants } from '../demo-tenants.ts';
import type { DemoResetOutcome } from '../demo-reset.ts';

/** The reset for which the rows of a seed are inserted. */
export interface Insertion {
  readonly resetId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly previousTenants: DemoTenants;
}

/**
 * The resets of a server's demo data: begun, and settled either way. Each change is one transaction on the tables `T`, so that it
 * is there or it never was; `begin` and `settle` are called in a turn of the demo's lock.
 */
export interface Resets<T> {
  /** The id of the reset that waits for commit or rollback. */
  pending(): Promise<string | null>;
  /**
   * Commits a reset that waits, retires the demo data in use and has the seed inserted, in one transaction.
   *
   * @param insert throws to refuse the reset: then everything is as it was, also a reset that waits
   */
  begin(tenants: DemoTenants, insert: (tx: Transaction<T>, insertion: Insertion) => Promise<void>): Promise<DemoReset>;
  /**
   * Resolves when the outcome holds in every process, also where it was settled so before: the process that did it may have died
   * before it had waited.
   *
   * @throws AppError `demo-reset-not-found` 404, `demo-reset-settled` 409
   */
  settle(resetId: string, outcome: DemoResetOutcome): Promise<void>;
  /** At a start, before anything is served: commits a reset that waits, unless a living process answers for it. */
  sweep(): Promise<void>;
}
