import { randomUUIDv7 } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { Resets } from '#infra/demo-data/resets/resets.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import { demoInTurns } from '#infra/demo-data/resets/demo-in-turns.ts';
import type { DemoLocks } from '#infra/demo-data/resets/demo-locks.ts';
import { refuseOverRealData, totalOf } from '#infra/demo-data/holdings.ts';
import { pendingOf } from '#infra/demo-data/demo-reset.ts';
import type { DemoStore } from '#infra/demo-data/resets/demo-store.ts';
import { type DemoTenants, tenantIds, tenantIdsUsed } from '#infra/demo-data/demo-tenants.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { EncryptionKeys } from '#identity/keys/encryption-keys.ts';
import type { Emit } from '../events.ts';
import { demoNames, insertRows, updateClients } from './demo.store.ts';
import { holdingsOf } from './holdings.ts';
import { insertSeedFactors } from './seed-factors.ts';
import type { Seed } from './seed-file.ts';
import { type SeedRows, seedRows } from './seed-rows.ts';

/** @throws AppError `demo-name-taken` 409 for a name that a row which is no demo has */
const refuseForeign = (seed: Seed, foreign: ReadonlySet<string>): void => {
  const names = [...seed.accounts.map((account) => account.username), ...seed.clients.map((client) => client.client_id)];
  const taken = names.find((name) => foreign.has(name));
  if (taken === undefined) return;
  throw new AppError('demo-name-taken', 409, `The demo name ${taken} belongs to an account or client that is not part of the demo.`, {
    fix: 'Rename that account or client; demo data never replaces other data.',
  });
};

/** @throws AppError `demo-tenant-id-used` 409 */
const refuseUsed = (fresh: DemoTenants, previous: DemoTenants): void => {
  const ids = Object.values(fresh);
  const used = Object.entries(fresh).filter(([, id], index) => Object.values(previous).includes(id) || ids.indexOf(id) !== index);
  if (used.length > 0) throw tenantIdsUsed(used.map(([name]) => name));
};

/**
 * The demo's accounts and clients; each change is one transaction. `replace` uses the ids that it is given, also where the tenants in
 * use have them.
 */
export const createDemo = (options: {
  readonly database: Database<IdentityTables>;
  readonly seed: Seed;
  readonly store: DemoStore<IdentityTables, void>;
  readonly resets: Resets<IdentityTables>;
  readonly locks: DemoLocks;
  /** For the secrets of second factors. */
  readonly encryptionKeys: EncryptionKeys;
  readonly emit: Emit;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Demo => {
  const { database, seed, store, resets, locks, encryptionKeys, emit, now } = options;
  const { transaction } = locks.guard(database);

  const beginOrGoOn = async (db: Kysely<IdentityTables>): Promise<void> => {
    const { demo, real, names } = await holdingsOf(db);
    refuseOverRealData({ demo, real, names });
    if (totalOf(real) > 0) emit({ type: 'demo-beside-real-data', real, names });
  };

  const insert = async (tx: Transaction<IdentityTables>, rows: SeedRows, at: number): Promise<void> => {
    await insertRows(tx, rows);
    await insertSeedFactors(tx, seed, rows.accounts, { at, encryptionKeys });
  };

  const seeded = ({ tenants, accounts, clients }: SeedRows): void => {
    if (tenants.length + accounts.length + clients.length > 0) emit({ type: 'demo-seeded', tenants: tenants.length });
  };

  return demoInTurns({
    tenants: seed.tenants,
    locks,
    settle: resets.settle,
    state: async () => {
      const { tenants, usernames, clientIds } = await demoNames(database.db);
      const isThere =
        seed.tenants.every((name) => tenants[name] !== undefined) &&
        seed.accounts.every((account) => usernames.has(account.username)) &&
        seed.clients.every((client) => clientIds.has(client.client_id));
      return { seeded: isThere, tenants, resetPending: await resets.pending() };
    },
    seed: async (given) => {
      const { tenants, missing, changed } = await transaction(async (tx) => {
        await beginOrGoOn(tx);
        const there = await demoNames(tx);
        refuseForeign(seed, there.foreign);
        const tenants = tenantIds(seed.tenants, { ...given, ...there.tenants });
        const rows = seedRows(seed, tenants, { at: now(), resetId: null });
        const missing = {
          tenants: rows.tenants.filter((row) => there.tenants[row.name] === undefined),
          accounts: rows.accounts.filter((row) => !there.usernames.has(row.username)),
          clients: rows.clients.filter((row) => !there.clientIds.has(row.client_id)),
        };
        await insert(tx, missing, now());
        return { tenants, missing, changed: await updateClients(tx, rows.clients) };
      });
      seeded(missing);
      if (changed.length > 0) emit({ type: 'demo-clients-changed', clientIds: changed });
      return tenants;
    },
    reset: async (given) => {
      await beginOrGoOn(database.db);
      const tenants = tenantIds(seed.tenants, given);
      return resets.begin(tenants, async (tx, { resetId, at, previousTenants }) => {
        refuseForeign(seed, (await demoNames(tx)).foreign);
        refuseUsed(tenants, previousTenants);
        await insert(tx, seedRows(seed, tenants, { at, resetId }), at);
      });
    },
    replace: async (given) => {
      const tenants = tenantIds(seed.tenants, given);
      const at = now();
      const rows = seedRows(seed, tenants, { at, resetId: null });
      await transaction(async (tx) => {
        await beginOrGoOn(tx);
        refuseForeign(seed, (await demoNames(tx)).foreign);
        const pending = pendingOf(await store.latestReset(tx));
        if (pending !== null) await store.setResetState(tx, pending, 'committed');
        await store.retire(tx, randomUUIDv7(), at);
        await store.deleteRetired(tx);
        await insert(tx, rows, at);
      });
      seeded(rows);
      return tenants;
    },
  });
};
