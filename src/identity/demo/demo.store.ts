import type { Kysely, Selectable, Transaction, Updateable } from 'kysely';
import { latestResetOf } from '#infra/demo-data/demo-reset.ts';
import type { DemoStore } from '#infra/demo-data/resets/demo-store.ts';
import type { RevocationEvent } from '#infra/security-events/revocation-event.ts';
import type { ClientRow } from '#identity/database/clients.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';
import type { SeedRows } from './seed-rows.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';

type Tx = Transaction<IdentityTables>;

/** Demo rows in use, by the names that are unique; `foreign` holds names of rows that are no demo. */
export interface DemoNames {
  readonly tenants: DemoTenants;
  readonly usernames: ReadonlySet<string>;
  readonly clientIds: ReadonlySet<string>;
  readonly foreign: ReadonlySet<string>;
}

/** Accounts by `sub` and clients by `client_id` whose rows go, and their tokens and sessions with them. */
interface Gone {
  readonly accountIds: readonly string[];
  readonly clientIds: readonly string[];
  /**
   * Clients whose row goes while an older one with the same `client_id` comes back. What accounts have with them goes with the
   * accounts; what they have without one is of the row that goes when it was made since `since`, in epoch milliseconds by the
   * clocks of the replicas.
   */
  readonly replaced?: { readonly clientIds: readonly string[]; readonly since: number };
  readonly clients: readonly ClientOfTenant[];
}

const CLIENT = ['client_id', 'tenant_id'] as const;
type ClientOfTenant = Pick<Selectable<ClientRow>, (typeof CLIENT)[number]>;

/** Of clients that get tokens for themselves: the others get them from accounts. */
const clientEvents = (kind: 'client-disabled' | 'client-enabled', clients: readonly ClientOfTenant[]): readonly RevocationEvent[] =>
  clients.flatMap(({ client_id: clientId, tenant_id: tenantId }) => (tenantId === null ? [] : [{ kind, clientId, tenantId }]));

export const demoNames = async (db: Kysely<IdentityTables>): Promise<DemoNames> => {
  const tenants = await db.selectFrom('demo_tenants').select(['name', 'id']).where('retired_at', 'is', null).orderBy('name').execute();
  const accounts = await db.selectFrom('accounts').select(['username', 'demo']).where('retired_at', 'is', null).execute();
  const clients = await db.selectFrom('clients').select(['client_id', 'demo']).where('retired_at', 'is', null).execute();
  const named = [
    ...accounts.map(({ username: name, demo }) => ({ name, demo })),
    ...clients.map(({ client_id: name, demo }) => ({ name, demo })),
  ];
  return {
    tenants: Object.fromEntries(tenants.map(({ name, id }) => [name, id])),
    usernames: new Set(accounts.filter(({ demo }) => demo === 1).map(({ username }) => username)),
    clientIds: new Set(clients.filter(({ demo }) => demo === 1).map(({ client_id }) => client_id)),
    foreign: new Set(named.filter(({ demo }) => demo === 0).map(({ name }) => name)),
  };
};

export const insertRows = async (tx: Tx, rows: SeedRows): Promise<void> => {
  if (rows.tenants.length > 0) await tx.insertInto('demo_tenants').values(rows.tenants).execute();
  if (rows.accounts.length > 0) await tx.insertInto('accounts').values(rows.accounts).execute();
  if (rows.clients.length > 0) await tx.insertInto('clients').values(rows.clients).execute();
};

/** The columns of a client that its seed says nothing about. */
const UNSTATED: readonly string[] = ['pk', 'created_at', 'retired_at', 'retired_by', 'reset_id', 'demo'];
const statedOf = (row: SeedRows['clients'][number]) =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !UNSTATED.includes(column))) as Updateable<ClientRow>;

/**
 * Makes the clients in use what the seed says now, where it has changed since they were made.
 *
 * @returns the ids of those that were changed
 */
export const updateClients = async (tx: Tx, rows: SeedRows['clients']): Promise<readonly string[]> => {
  const there = await tx.selectFrom('clients').selectAll().where('retired_at', 'is', null).where('demo', '=', 1).execute();
  const before = new Map(there.map((row) => [row.client_id, row]));
  const changed = rows.flatMap((row) => {
    const old = before.get(row.client_id);
    const stated = statedOf(row);
    const differs = old !== undefined && Object.entries(stated).some(([column, value]) => Reflect.get(old, column) !== value);
    return differs ? [{ client_id: row.client_id, stated }] : [];
  });
  for (const { client_id: clientId, stated } of changed) {
    await tx
      .updateTable('clients')
      .set(stated)
      .where('client_id', '=', clientId)
      .where('retired_at', 'is', null)
      .where('demo', '=', 1)
      .execute();
  }
  return changed.map(({ client_id }) => client_id);
};

/** Deletes the rows that a reset inserted and takes those that it retired into use again. */
const restoreRows = async (tx: Tx, resetId: string): Promise<Gone & { readonly back: readonly RevocationEvent[] }> => {
  const reset = await tx.selectFrom('demo_resets').select('created_at').where('id', '=', resetId).executeTakeFirstOrThrow();
  await tx.deleteFrom('demo_tenants').where('reset_id', '=', resetId).execute();
  const accounts = await tx.deleteFrom('accounts').where('reset_id', '=', resetId).where('demo', '=', 1).returning('id').execute();
  const clients = await tx.deleteFrom('clients').where('reset_id', '=', resetId).where('demo', '=', 1).returning(CLIENT).execute();
  const change = { retired_at: null, retired_by: null };
  await tx.updateTable('demo_tenants').set(change).where('retired_by', '=', resetId).execute();
  const awake = await tx.updateTable('accounts').set(change).where('retired_by', '=', resetId).returning('id').execute();
  const restored = await tx.updateTable('clients').set(change).where('retired_by', '=', resetId).returning(CLIENT).execute();
  const back = new Set(restored.map(({ client_id }) => client_id));
  const clientIds = clients.map(({ client_id }) => client_id);
  return {
    accountIds: accounts.map(({ id }) => id),
    clientIds: clientIds.filter((id) => !back.has(id)),
    replaced: { clientIds: clientIds.filter((id) => back.has(id)), since: reset.created_at },
    clients,
    back: [...awake.map(({ id }) => ({ kind: 'account-enabled' as const, accountId: id })), ...clientEvents('client-enabled', restored)],
  };
};

/** Deletes every retired demo row. */
const deleteRetiredRows = async (tx: Tx): Promise<Gone> => {
  await tx.deleteFrom('demo_tenants').where('retired_at', 'is not', null).execute();
  const accounts = await tx.deleteFrom('accounts').where('retired_at', 'is not', null).where('demo', '=', 1).returning('id').execute();
  const clients = await tx.deleteFrom('clients').where('retired_at', 'is not', null).where('demo', '=', 1).returning(CLIENT).execute();
  return { accountIds: accounts.map(({ id }) => id), clientIds: clients.map(({ client_id }) => client_id), clients };
};

/**
 * The demo's tenants, accounts, clients and latest reset.
 *
 * @param provider revokes tokens and sessions of accounts and clients that go, in the same transaction
 * @param revocations hears, in the same transaction, whose tokens are good for nothing any more, and whose are good again
 */
export const createDemoStore = (
  provider: Pick<OpenIdProvider, 'revokeForAccounts' | 'revokeForClients' | 'revokeForClientsSince'>,
  revocations: Pick<RevocationLog, 'record'>,
): DemoStore<IdentityTables, void> => {
  const record = (tx: Tx, events: readonly RevocationEvent[]): Promise<void> =>
    revocations.record(
      tx,
      events.map((event) => ({ event })),
    );

  const revoke = async (tx: Tx, { accountIds, clientIds, replaced, clients }: Gone): Promise<void> => {
    if (accountIds.length > 0) await provider.revokeForAccounts(tx, accountIds);
    if (clientIds.length > 0) await provider.revokeForClients(tx, clientIds);
    if (replaced !== undefined) await provider.revokeForClientsSince(tx, replaced.clientIds, replaced.since);
    await record(tx, [
      ...accountIds.map((accountId) => ({ kind: 'account-purged' as const, accountId })),
      ...clientEvents('client-disabled', clients),
    ]);
  };

  return {
    latestReset: async (db) => latestResetOf(await db.selectFrom('demo_resets').select(['id', 'state']).executeTakeFirst()),
    insertReset: async (tx, id, at) => {
      await tx.deleteFrom('demo_resets').execute();
      await tx.insertInto('demo_resets').values({ id, state: 'pending', created_at: at }).execute();
    },
    setResetState: async (tx, id, state) => {
      await tx.updateTable('demo_resets').set({ state }).where('id', '=', id).execute();
    },
    tenants: async (db) => (await demoNames(db)).tenants,
    retire: async (tx, resetId, at) => {
      const change = { retired_at: at, retired_by: resetId };
      await tx.updateTable('demo_tenants').set(change).where('retired_at', 'is', null).execute();
      const inUse = { accounts: tx.updateTable('accounts').set(change), clients: tx.updateTable('clients').set(change) };
      const accounts = await inUse.accounts.where('retired_at', 'is', null).where('demo', '=', 1).returning('id').execute();
      const clients = await inUse.clients.where('retired_at', 'is', null).where('demo', '=', 1).returning(CLIENT).execute();
      await record(tx, [
        ...accounts.map(({ id }) => ({ kind: 'account-disabled' as const, accountId: id })),
        ...clientEvents('client-disabled', clients),
      ]);
    },
    deleteRetired: async (tx) => revoke(tx, await deleteRetiredRows(tx)),
    restoreRetired: async (tx, resetId) => {
      const gone = await restoreRows(tx, resetId);
      await revoke(tx, gone);
      await record(tx, gone.back);
    },
  };
};
