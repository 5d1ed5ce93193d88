import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { DemoReset } from './demo.ts';
import type { DemoLocks } from './demo-locks.ts';
import { type DemoResetOutcome, isToSettle, pendingOf } from './demo-reset.ts';
import type { DemoStore } from './demo-store.ts';
import type { DemoTenants } from './demo-tenants.ts';
import type { DemoEvent } from './events.ts';

/** What the rows of a seed are inserted for. */
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

/**
 * @param options.takeEffect resolves when a change that was committed holds in every process, at once where absent; `gone` is what
 *   the change deleted, null when nothing
 * @param options.now epoch milliseconds
 */
export const createResets = <T, Gone>(options: {
  readonly database: Database<T>;
  readonly store: DemoStore<T, Gone>;
  readonly locks: DemoLocks;
  readonly takeEffect?: (gone: Gone | null) => Promise<void>;
  readonly emit: (event: DemoEvent) => void;
  readonly now: () => number;
}): Resets<T> => {
  const { database, store, locks, takeEffect = async () => {}, emit, now } = options;
  const { transaction } = locks.guard(database);

  const pending = async (): Promise<string | null> => pendingOf(await store.latestReset(database.db));

  const settle: Resets<T>['settle'] = async (resetId, outcome) => {
    const gone = await transaction(async (tx) => {
      if (!isToSettle(await store.latestReset(tx), resetId, outcome)) return null;
      await store.setResetState(tx, resetId, outcome);
      return outcome === 'committed' ? store.deleteRetired(tx) : store.restoreRetired(tx, resetId);
    });
    await locks.disown(resetId);
    await takeEffect(gone);
    emit({ type: 'demo-reset-settled', resetId, outcome });
  };

  return {
    pending,
    settle,
    begin: async (tenants, insert) => {
      const resetId = randomUUIDv7();
      // Before anyone can see the reset.
      const owned = await locks.own(resetId);
      const change = transaction(async (tx) => {
        const at = now();
        const committed = pendingOf(await store.latestReset(tx));
        const gone = await store.deleteRetired(tx);
        const previousTenants = await store.tenants(tx);
        await store.insertReset(tx, resetId, at);
        await store.retire(tx, resetId, at);
        await insert(tx, { resetId, at, previousTenants });
        return { committed, gone, previousTenants };
      });
      const { committed, gone, previousTenants } = await change.catch(async (error: unknown) => {
        await locks.disown(resetId);
        // It is as pending as before.
        if (owned !== null) await locks.own(owned);
        throw error;
      });
      await takeEffect(gone);
      if (committed !== null) emit({ type: 'demo-reset-settled', resetId: committed, outcome: 'committed' });
      emit({ type: 'demo-reset-started', resetId });
      return { resetId, tenants, previousTenants };
    },
    sweep: () =>
      locks.exclusively(async () => {
        const left = await pending();
        if (left !== null && !(await locks.hasOwner(left))) await settle(left, 'committed');
      }),
  };
};
