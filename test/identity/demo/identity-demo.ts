import { randomUUIDv7 } from 'node:crypto';
import type { KyselyPlugin } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { Locks } from '#infra/database/locks.ts';
import { createLocalLocks } from '#infra/database/sqlite/local-locks.ts';
import { createResets } from '#infra/demo-data/resets/create-resets.ts';
import type { Resets } from '#infra/demo-data/resets/resets.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import { createDemoLocks } from '#infra/demo-data/resets/create-demo-locks.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { createDemo } from '#identity/demo/create-demo.ts';
import { createDemoStore } from '#identity/demo/demo.store.ts';
import type { Seed } from '#identity/demo/seed-file.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';
import { revokeForAccounts, revokeForClients, revokeForClientsSince } from '#identity/provider/store/revoke-owners.ts';

/** A seed of two tenants, whose names are no test's but this one's. */
export const testSeed = (id = randomUUIDv7()): Seed => {
  const hash = '$pbkdf2-sha256$i=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  const account = (name: string, tenant: string) => ({
    username: `${name}-${id}`,
    password_hash: hash,
    name,
    email: `${name}@test`,
    tenant,
    roles: ['user'],
    permissions: [],
  });
  const client = {
    client_id: `client-${id}`,
    name: 'Client',
    application_type: 'web' as const,
    token_endpoint_auth_method: 'client_secret_basic' as const,
    secret_hash: hash,
    grant_types: ['client_credentials' as const],
    redirect_uris: [],
    post_logout_redirect_uris: [],
    cors_origins: [],
    scopes: ['kms:read'],
    tenant: `one-${id}`,
    roles: [],
    token_binding: 'none' as const,
    first_party: false,
    require_pkce: true,
  };
  return {
    tenants: [`one-${id}`, `two-${id}`],
    accounts: [account('ann', `one-${id}`), account('ben', `two-${id}`)],
    clients: [client],
  };
};

const revocations = revocationLog();
const store = createDemoStore(
  { revokeForAccounts, revokeForClients: (tx, ids) => revokeForClients(tx, ids, revocations), revokeForClientsSince },
  revocations,
);

/**
 * The demo of a seed; `onWrite` is told of every write before it happens, and of the commit, by its number from 1.
 *
 * @param locks of the databases where several processes or replicas are at it
 */
export const demoOn = (
  database: Database<IdentityTables>,
  seed: Seed,
  onWrite: (number: number) => void = () => {},
  locks: Locks = createLocalLocks(),
): Demo & Pick<Resets<IdentityTables>, 'sweep'> => {
  let writes = 0;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode'].includes(node.kind)) onWrite(++writes);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const observed: Database<IdentityTables> = {
    ...database,
    transaction: (run) =>
      database.transaction(async (tx) => {
        const result = await run(tx.withPlugin(plugin) as typeof tx);
        onWrite(++writes);
        return result;
      }),
  };
  const common = { database: observed, store, locks: createDemoLocks(locks, 'identity'), emit: () => {}, now: Date.now };
  const resets = createResets(common);
  return { ...createDemo({ ...common, seed, resets, encryptionKeys: newKeys() }), sweep: resets.sweep };
};

/** Everything of the demo and around it that a caller could see or that a token could hang on. */
export const contents = async ({ db }: Pick<Database<IdentityTables>, 'db'>) => ({
  tenants: await db.selectFrom('demo_tenants').selectAll().orderBy('id').execute(),
  accounts: await db.selectFrom('accounts').selectAll().orderBy('id').execute(),
  clients: await db.selectFrom('clients').selectAll().orderBy('pk').execute(),
  payloads: await db.selectFrom('oidc_payloads').selectAll().orderBy('id_hash').execute(),
  resets: await db.selectFrom('demo_resets').selectAll().orderBy('id').execute(),
});

/** A token or session in the provider's store that belongs to an account or a client. */
export const insertPayload = async (
  { db }: Pick<Database<IdentityTables>, 'db'>,
  owner: { readonly account_id?: string; readonly client_id?: string },
  createdAt = Date.now(),
): Promise<void> => {
  await db
    .insertInto('oidc_payloads')
    .values({
      id_hash: randomUUIDv7(),
      model: 'RefreshToken',
      grant_hash: null,
      uid_hash: null,
      user_code_hash: null,
      account_id: owner.account_id ?? null,
      client_id: owner.client_id ?? null,
      payload: '{}',
      expires_at: null,
      consumed_at: null,
      created_at: createdAt,
    })
    .execute();
};

/** An account that is no demo. */
export const insertAccount = async ({ db }: Pick<Database<IdentityTables>, 'db'>, username: string): Promise<string> => {
  const id = randomUUIDv7();
  await db
    .insertInto('accounts')
    .values({
      id,
      username,
      password_hash: 'none',
      name: username,
      email: `${username}@test`,
      tenant_id: crypto.randomUUID(),
      roles: '[]',
      permissions: '[]',
      demo: 0,
      created_at: 1,
      retired_at: null,
      retired_by: null,
      reset_id: null,
    })
    .execute();
  return id;
};
