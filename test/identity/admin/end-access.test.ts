import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createEndAccess } from '#identity/admin/end-access.service.ts';
import { createClients } from '#identity/clients/clients.service.ts';
import { createNewClients } from '#identity/clients/new-clients.ts';
import { createRevocationFeed } from '#identity/revocations/revocation-feed.ts';
import { createPayloadStore } from '#identity/provider/store/payloads.store.ts';
import { grantReference } from '#identity/provider/store/payload-hashes.ts';
import { revokeForAccounts, revokeForClients } from '#identity/provider/store/revoke-owners.ts';
import { startTestIdentity, unique } from '#test/support/identity.ts';
import { databaseKinds } from '#test/support/database.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { aServiceClient } from '#test/identity/support/identity-provider.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';

const PASSWORD = 'a password of the test';

describe.each(databaseKinds())('the end of accounts and clients on %s', (kind) => {
  const setup = async () => {
    const opened = await identityDatabase(kind);
    const { database } = opened;
    const revocations = revocationLog();
    const store = createPayloadStore({ database, revocations, now: Date.now });
    const feed = createRevocationFeed({ database, now: Date.now });
    const provider = {
      revokeForAccounts,
      revokeForClients: (tx: Parameters<typeof revokeForClients>[0], ids: readonly string[]) => revokeForClients(tx, ids, revocations),
    };
    const grantOf = async (owner: { readonly accountId: string; readonly clientId: string }): Promise<string> => {
      const id = randomUUIDv7();
      await store.save({ model: 'Grant', id, payload: {}, ...owner, expiresAt: Date.now() + 3_600_000 });
      return grantReference(id);
    };
    const told = async () => {
      const { sequence } = await feed.advance();
      return (await feed.between({ from: 0, to: sequence, limit: 100 }, ['urn:passthru:kms'])).map(({ event }) => event);
    };
    const made = { created_at: 0, retired_at: null, retired_by: null, reset_id: null };
    return { ...opened, store, told, grantOf, made, ends: createEndAccess({ database, provider, revocations, now: Date.now }), ...opened };
  };

  it('ends the grants of an account, and tells of it, in one transaction', async () => {
    await using world = await setup();
    const accountId = randomUUIDv7();
    const person = { username: unique('person'), password_hash: 'x', name: 'n', email: 'e@test', roles: '[]', permissions: '[]' };
    await world.database.db
      .insertInto('accounts')
      .values({ id: accountId, ...person, ...world.made, tenant_id: randomUUID() })
      .execute();
    const grant = await world.grantOf({ accountId, clientId: 'c' });
    await world.ends.setDisabled(accountId, true);
    expect([await world.store.grantIsLive(grant), await world.told()]).toEqual([false, [{ kind: 'account-disabled', accountId }]]);
    await world.ends.setDisabled(accountId, false);
    await world.ends.removeAccount(accountId);
    expect((await world.told()).at(-1)).toEqual({ kind: 'account-purged', accountId });
    await expect(world.ends.removeAccount(accountId)).rejects.toMatchObject({ code: 'account-unknown', status: 404 });
    expect(await world.told()).toHaveLength(2);
  });

  it('ends the grants of a client that is disabled, tells of it once, and finds it again when it is enabled', async () => {
    await using world = await setup();
    const { database, ends } = world;
    const client = aServiceClient();
    const { clientId, tenantId } = client;
    const passwords = { hash: async () => 'a hash' };
    await createNewClients({ database, passwords, isOfConfiguration: () => false, now: Date.now }).create(client, 'a secret');
    const clients = createClients({ database, passwords: { verify: async () => true }, serviceClients: new Map() });
    const grant = await world.grantOf({ accountId: randomUUIDv7(), clientId });
    await ends.setClientDisabled(clientId, true);
    await ends.setClientDisabled(clientId, true);
    expect([await clients.find(clientId), await world.store.grantIsLive(grant)]).toEqual([undefined, false]);
    await ends.setClientDisabled(clientId, false);
    expect(await clients.find(clientId)).toEqual(client);
    expect(await world.told()).toEqual([
      { kind: 'grant-revoked', grant },
      { kind: 'client-disabled', clientId, tenantId },
      { kind: 'client-enabled', clientId, tenantId },
    ]);
    await expect(ends.setClientDisabled(unique('nobody'), true)).rejects.toMatchObject({ code: 'client-unknown', status: 404 });
  });

  it('ends what others gave to a client, and its own tokens, and tells of both', async () => {
    await using world = await setup();
    const [clientId, tenantId] = [unique('client'), randomUUID()];
    const lists = { redirect_uris: '[]', post_logout_redirect_uris: '[]', grant_types: '[]', scopes: '[]', roles: '[]' };
    const client = {
      pk: randomUUIDv7(),
      client_id: clientId,
      name: 'n',
      secret_hash: null,
      application_type: 'web',
      access_token_ttl: null,
    };
    const row = { ...client, ...lists, ...world.made, tenant_id: tenantId, token_endpoint_auth_method: 'none' };
    await world.database.db.insertInto('clients').values(row).execute();
    const grant = await world.grantOf({ accountId: randomUUIDv7(), clientId });
    await world.ends.removeClient(clientId);
    expect(await world.told()).toEqual([
      { kind: 'grant-revoked', grant },
      { kind: 'client-disabled', clientId, tenantId },
    ]);
    await expect(world.ends.removeClient(clientId)).rejects.toMatchObject({ code: 'client-unknown', status: 404 });
  });
});

describe('Operators', () => {
  it('disable, enable and remove an account, and remove a client', async () => {
    await using identity = await startTestIdentity({ demo: false });
    const username = unique('person');
    const body = { username, password: PASSWORD, name: 'n', email: 'e@test', tenant_id: randomUUID(), roles: ['user'] };
    const { id } = (await (await identity.admin('/admin/v1/accounts', { method: 'POST', body })).json()) as { id: string };
    const disable = (disabled: boolean) => identity.admin(`/admin/v1/accounts/${id}/disabled`, { method: 'PUT', body: { disabled } });
    const remove = (path: string) => identity.admin(path, { method: 'DELETE' });
    expect([(await disable(true)).status, (await disable(false)).status]).toEqual([204, 204]);
    expect([(await remove(`/admin/v1/accounts/${id}`)).status, (await remove(`/admin/v1/accounts/${id}`)).status]).toEqual([204, 404]);
    expect((await remove('/admin/v1/clients/passthru-kms')).status).toBe(409);
  });
});
