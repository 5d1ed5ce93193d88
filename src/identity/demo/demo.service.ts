import { randomUUIDv7 } from 'node:crypto';
import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { DemoLocks } from '#infra/demo-data/demo-locks.ts';
import { type DemoReset, type DemoResetOutcome, type DemoResets, type DemoState, isToSettle } from '#infra/demo-data/demo-reset.ts';
import { type DemoTenants, refuseUnknownTenants, tenantIds, tenantIdsUsed } from '#infra/demo-data/demo-tenants.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import type { Emit } from '../events.ts';
import type { Gone } from './demo.store.ts';
import { deleteRetired, demoNames, insertReset, insertRows, latestReset, restoreRows, retireRows, setResetState } from './demo.store.ts';
import type { Seed } from './seed-file.ts';
import { seedRows } from './seed-rows.ts';

/** The demo's accounts and clients; every method that writes is one transaction, and rows that are no demo stay as they are. */
export interface Demo extends DemoResets {
  /**
   * Inserts what is missing and leaves the rest, tenant ids included.
   *
   * @param given ids for tenants that are not there yet; one without is minted
   * @throws AppError `demo-name-taken` (409)
   */
  seed(given?: DemoTenants): Promise<DemoTenants>;
  /**
   * Removes the demo rows and inserts the seed anew, at once and for good; an id that is given is used even if it is not new.
   *
   * @throws AppError `demo-tenant-unknown` (400), `demo-name-taken` (409)
   */
  replace(given?: DemoTenants): Promise<DemoTenants>;
  /**
   * At start: settles what a stopped reset left behind, in favour of the new rows. A reset that a living replica answers for
   * is left alone.
   */
  sweep(): Promise<void>;
}

type Tx = Transaction<IdentityTables>;

const nameTaken = (name: string, cause?: unknown): AppError =>
  new AppError('demo-name-taken', 409, `The demo name ${name} belongs to an account or client that is no demo.`, {
    cause,
    fix: 'Rename that account or client; demo data never replaces other data.',
  });

const refuseForeign = (seed: Seed, foreign: ReadonlySet<string>): void => {
  const names = [...seed.accounts.map((account) => account.username), ...seed.clients.map((client) => client.client_id)];
  const taken = names.find((name) => foreign.has(name));
  if (taken !== undefined) throw nameTaken(taken);
};

const refuseUsed = (fresh: DemoTenants, previous: DemoTenants): void => {
  const ids = Object.values(fresh);
  const used = Object.entries(fresh).filter(([, id], index) => Object.values(previous).includes(id) || ids.indexOf(id) !== index);
  if (used.length > 0) throw tenantIdsUsed(used.map(([name]) => name));
};

export const createDemo = (options: {
  readonly database: Pick<Database<IdentityTables>, 'transaction'>;
  readonly seed: Seed;
  /** What hangs on accounts and clients that go. */
  readonly provider: Pick<OpenIdProvider, 'revokeForAccounts' | 'revokeForClients' | 'revokeForClientsSince'>;
  readonly locks: DemoLocks;
  readonly emit: Emit;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}): Demo => {
  const { database, seed, provider, locks, emit, now = Date.now } = options;
  const { transaction } = locks.guard(database);

  const revoke = async (tx: Tx, gone: Gone): Promise<void> => {
    if (gone.accountIds.length > 0) await provider.revokeForAccounts(tx, gone.accountIds);
    if (gone.clientIds.length > 0) await provider.revokeForClients(tx, gone.clientIds);
    if (gone.replaced !== undefined) await provider.revokeForClientsSince(tx, gone.replaced.clientIds, gone.replaced.since);
  };

  const stateIn = async (tx: Tx): Promise<DemoState> => {
    const { tenants, usernames, clientIds } = await demoNames(tx);
    const latest = await latestReset(tx);
    const seeded =
      seed.tenants.every((name) => tenants[name] !== undefined) &&
      seed.accounts.every((account) => usernames.has(account.username)) &&
      seed.clients.every((client) => clientIds.has(client.client_id));
    return { seeded, tenants, resetPending: latest?.state === 'pending' ? latest.id : null };
  };

  const settlePending = async (tx: Tx): Promise<void> => {
    await revoke(tx, await deleteRetired(tx));
    const latest = await latestReset(tx);
    if (latest?.state === 'pending') await setResetState(tx, latest.id, 'committed');
  };

  const settle = async (resetId: string, outcome: DemoResetOutcome, change: (tx: Tx) => Promise<Gone>): Promise<DemoState> => {
    const state = await transaction(async (tx) => {
      if (isToSettle(await latestReset(tx), resetId, outcome)) {
        await revoke(tx, await change(tx));
        await setResetState(tx, resetId, outcome);
      }
      return stateIn(tx);
    });
    await locks.disown(resetId);
    emit({ type: 'demo-reset-settled', resetId, outcome });
    return state;
  };

  const seedOnce = (given: DemoTenants): Promise<DemoTenants> =>
    transaction(async (tx) => {
      const there = await demoNames(tx);
      refuseForeign(seed, there.foreign);
      const tenants = tenantIds(seed.tenants, { ...given, ...there.tenants });
      const rows = seedRows(seed, tenants, { at: now(), resetId: null });
      await insertRows(tx, {
        tenants: rows.tenants.filter((row) => there.tenants[row.name] === undefined),
        accounts: rows.accounts.filter((row) => !there.usernames.has(row.username)),
        clients: rows.clients.filter((row) => !there.clientIds.has(row.client_id)),
      });
      return tenants;
    });

  const resetTo = async (given: DemoTenants): Promise<DemoReset> => {
    const resetId = randomUUIDv7();
    // Before anyone can see the reset.
    const before = await locks.own(resetId);
    try {
      return await transaction(async (tx) => {
        await settlePending(tx);
        const { tenants: previousTenants, foreign } = await demoNames(tx);
        refuseForeign(seed, foreign);
        const tenants = tenantIds(seed.tenants, given);
        refuseUsed(tenants, previousTenants);
        const at = now();
        await insertReset(tx, resetId, at);
        await retireRows(tx, resetId, at);
        await insertRows(tx, seedRows(seed, tenants, { at, resetId }));
        return { resetId, tenants, previousTenants };
      });
    } catch (error) {
      await locks.disown(resetId);
      // It is as pending as before.
      if (before !== null) await locks.own(before);
      throw error;
    }
  };

  const replaceWith = (given: DemoTenants): Promise<DemoTenants> =>
    transaction(async (tx) => {
      await settlePending(tx);
      const { foreign } = await demoNames(tx);
      refuseForeign(seed, foreign);
      const [resetId, at] = [randomUUIDv7(), now()];
      await retireRows(tx, resetId, at);
      await revoke(tx, await deleteRetired(tx));
      const tenants = tenantIds(seed.tenants, given);
      await insertRows(tx, seedRows(seed, tenants, { at, resetId: null }));
      return tenants;
    });

  const sweep = async (): Promise<void> => {
    const latest = await transaction(latestReset);
    if (latest?.state === 'pending' && (await locks.hasOwner(latest.id))) return;
    await transaction(settlePending);
  };

  return {
    state: () => database.transaction(stateIn),
    seed: (given = {}) =>
      locks.exclusively(async () => {
        refuseUnknownTenants(seed.tenants, given);
        return seedOnce(given);
      }),
    reset: (given = {}) =>
      locks.exclusively(async () => {
        refuseUnknownTenants(seed.tenants, given);
        const reset = await resetTo(given);
        emit({ type: 'demo-reset', resetId: reset.resetId });
        return reset;
      }),
    replace: (given = {}) =>
      locks.exclusively(async () => {
        refuseUnknownTenants(seed.tenants, given);
        return replaceWith(given);
      }),
    rollback: (resetId) => locks.exclusively(() => settle(resetId, 'rolled-back', (tx) => restoreRows(tx, resetId))),
    commit: (resetId) => locks.exclusively(() => settle(resetId, 'committed', deleteRetired)),
    sweep: () => locks.exclusively(sweep),
  };
};
