import { randomUUIDv7 } from 'node:crypto';
import type { Database } from '#infra/database/databases.ts';
import { isToSettle, pendingOf } from '../demo-reset.ts';
import type { DemoDataEvent } from '../events.ts';
import type { DemoLocks } from './demo-locks.ts';
import type { DemoStore } from './demo-store.ts';
import type { Resets } from './resets.ts';

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
  readonly emit: (event: DemoDataEvent) => void;
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
