import { describe, expect, it } from 'vitest';
import type { DatabaseKind } from '#infra/database/config.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { type ClientMetadata } from '#identity/clients/registration/client-metadata.ts';
import { createInitialTokens } from '#identity/clients/registration/create-initial-tokens.ts';
import { createRegistrations } from '#identity/clients/registration/create-registrations.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { databaseKinds } from '#test/support/database.ts';

const METADATA: ClientMetadata = {
  application_type: 'web',
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code'],
  redirect_uris: ['https://app.example/callback'],
  post_logout_redirect_uris: [],
};
const HOUR_MS = 3_600_000;

const on = async (kind: DatabaseKind) => {
  const opened = await identityDatabase(kind);
  const clock = { time: Date.UTC(2026, 0, 1) };
  const now = () => clock.time;
  const tokens = createInitialTokens({ ...opened, now });
  const removed: string[] = [];
  const registrations = createRegistrations({
    database: opened.database,
    initialTokens: tokens,
    passwords: createPasswords({ iterations: 1000 }),
    check: async () => {},
    removeClient: async (id) => void removed.push(id),
    now,
  });
  const give = (uses: number) => tokens.create({ note: 'of the test', scopes: ['openid', 'kms:read'], uses, lifeMs: HOUR_MS });
  return { ...opened, clock, tokens, removed, registrations, give, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
};

const refused = { code: 'registration-token-invalid', status: 401 };

describe.each(databaseKinds())('clients that register themselves, on %s', (kind) => {
  it('are as many as their token was given for, however many come at once', async () => {
    await using at = await on(kind);
    const { token } = await at.give(2);

    const results = await Promise.allSettled(Array.from({ length: 6 }, () => at.registrations.register(token, METADATA)));

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(reasons).toEqual(Array.from({ length: 4 }, () => expect.objectContaining(refused) as unknown));
    expect(await at.database.db.selectFrom('clients').select('client_id').execute()).toHaveLength(2);
    expect(await at.tokens.list()).toEqual([]);
  });

  it('are none with a token that has ended, was removed, or is made up', async () => {
    await using at = await on(kind);
    const [ended, removed] = [await at.give(1), await at.give(1)];
    await at.tokens.remove(removed.id);
    at.clock.time += HOUR_MS;

    for (const token of [ended.token, removed.token, 'made-up', ''])
      await expect(at.registrations.register(token, METADATA)).rejects.toMatchObject(refused);
    expect(await at.tokens.sweep()).toBe(1);
    await expect(at.tokens.remove(removed.id)).rejects.toMatchObject({ code: 'initial-token-unknown', status: 404 });
  });

  it('keep secret and tokens as hashes', async () => {
    await using at = await on(kind);
    const { token } = await at.give(5);
    const made = await at.registrations.register(token, METADATA);

    const dump = JSON.stringify([
      await at.database.db.selectFrom('initial_access_tokens').selectAll().execute(),
      await at.database.db.selectFrom('clients').selectAll().execute(),
    ]);
    for (const secret of [token, made.token, made.secret]) expect([dump.includes(String(secret)), secret?.length]).toEqual([false, 43]);
  });

  it('change with the newest token alone, of two at once one', async () => {
    await using at = await on(kind);
    const { client, token = '' } = await at.registrations.register((await at.give(1)).token, METADATA);
    const change = (with_: string) => at.registrations.replace(client.clientId, with_, { ...METADATA, client_name: 'Renamed' });

    const results = await Promise.allSettled([change(token), change(token)]);

    const [changed, ...others] = results.toSorted((a, b) => a.status.localeCompare(b.status));
    expect(others).toEqual([{ status: 'rejected', reason: expect.objectContaining(refused) }]);
    const next = changed?.status === 'fulfilled' ? changed.value : undefined;
    expect(next?.client).toMatchObject({ clientId: client.clientId, name: 'Renamed', scopes: ['openid', 'kms:read'] });
    await expect(change(token)).rejects.toMatchObject(refused);
    expect((await at.registrations.read(client.clientId, next?.token ?? '')).client.name).toBe('Renamed');
    await expect(at.registrations.read('another', next?.token ?? '')).rejects.toMatchObject(refused);
    await at.registrations.remove(client.clientId, next?.token ?? '');
    expect(at.removed).toEqual([client.clientId]);
  });

  it('ask for no more than their token gave, later neither', async () => {
    await using at = await on(kind);
    const { token: initial } = await at.give(2);
    const beyond = { code: 'scope-beyond-token', status: 400, fields: [expect.objectContaining({ field: '/scope' })] };

    await expect(at.registrations.register(initial, { ...METADATA, scope: 'openid kms:write' })).rejects.toMatchObject(beyond);
    const { client, token = '' } = await at.registrations.register(initial, { ...METADATA, scope: 'openid kms:elastic-keys:read' });
    expect(client.scopes).toEqual(['openid', 'kms:elastic-keys:read']);
    await expect(at.registrations.replace(client.clientId, token, { ...METADATA, scope: 'kms:admin' })).rejects.toMatchObject(beyond);
    expect((await at.registrations.replace(client.clientId, token, METADATA)).client.scopes).toEqual(['openid', 'kms:read']);
  });

  it('that were disabled by an operator manage nothing', async () => {
    await using at = await on(kind);
    const { client, token = '' } = await at.registrations.register((await at.give(1)).token, METADATA);
    await at.database.db.updateTable('clients').set({ disabled: 1 }).execute();

    await expect(at.registrations.read(client.clientId, token)).rejects.toMatchObject(refused);
    await expect(at.registrations.replace(client.clientId, token, METADATA)).rejects.toMatchObject(refused);
  });
});
