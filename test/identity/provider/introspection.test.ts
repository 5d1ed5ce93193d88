import { generateKeyPairSync, randomUUIDv7 } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, aServiceClient, ISSUER, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';

const clientCredentials = async (provider: TestProvider, client: ClientRecord, form: Record<string, string> = {}): Promise<Tokens> =>
  (await provider.post('/oauth2/token', { grant_type: 'client_credentials', ...form }, client)).json<Tokens>();

const introspect = async (provider: TestProvider, client: ClientRecord, token: string): Promise<Record<string, unknown>> =>
  (await provider.post('/oauth2/introspect', { token }, client)).json();

const revoke = (provider: TestProvider, client: ClientRecord, token: string) => provider.post('/oauth2/revoke', { token }, client);

describe.each(databaseKinds())('introspection and revocation on %s', (kind) => {
  test('a refresh token without offline_access is said to end with the session, whatever it is refreshed to', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const livesFor = async ({ refresh_token: token }: Tokens): Promise<number> => {
      const { exp } = (await provider.post('/oauth2/introspect', { token }, client)).json<{ readonly exp: number }>();
      return Math.round((exp - Date.now() / 1000) / 3600);
    };
    const online = await provider.tokens(client, account, { scope: 'openid kms:read' });
    const form = { grant_type: 'refresh_token', refresh_token: online.refresh_token };
    expect(await livesFor(online)).toBe(24);
    expect(await livesFor((await provider.post('/oauth2/token', form, client)).json<Tokens>())).toBe(24);
    expect(await livesFor(await provider.tokens(client, account))).toBe(14 * 24);
  });

  test('a JWT access token is active for its client and for its resource server, with its claims', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    const kms = aServiceClient({ mayIntrospect: [KMS_RESOURCE], tenantId: null });
    provider.register(account, client, kms);
    const { access_token: token } = await provider.tokens(client, account);

    const [asKms, asClient] = [await introspect(provider, kms, token), await introspect(provider, client, token)];

    expect(asKms).toMatchObject({
      active: true,
      token_type: 'Bearer',
      iss: ISSUER,
      sub: account.accountId,
      client_id: client.clientId,
      aud: KMS_RESOURCE,
      scope: 'openid profile offline_access kms:read kms:crypto',
      tenant_id: account.tenantId,
      roles: ['user'],
      jti: decodeJwt(token).jti,
      exp: decodeJwt(token).exp,
    });
    expect(asClient).toEqual(asKms);
  });

  test('to another client it is inactive, like a token that does not exist', async () => {
    await using provider = await providerOn(kind);
    const [mine, other] = [aServiceClient(), aServiceClient()];
    const publicOther = aClient({ mayIntrospect: [KMS_RESOURCE] });
    provider.register(mine, other, publicOther);
    const { access_token: token } = await clientCredentials(provider, mine);

    const answers = [
      await introspect(provider, other, token),
      await introspect(provider, publicOther, token),
      await introspect(provider, mine, 'made-up'),
      await introspect(provider, mine, 'a.b.c'),
    ];

    expect(answers).toEqual(answers.map(() => ({ active: false })));
  });

  test('needs client authentication', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient();
    provider.register(client);
    const { access_token: token } = await clientCredentials(provider, client);

    const [none, wrong, wrongRevocation] = [
      await provider.post('/oauth2/introspect', { token }),
      await provider.post('/oauth2/introspect', { token }, client, 'wrong'),
      await provider.post('/oauth2/revoke', { token }, client, 'wrong'),
    ];

    expect([none.status, wrong.status, wrongRevocation.status]).toEqual([401, 401, 401]);
    expect(await introspect(provider, client, token)).toMatchObject({ active: true });
  });

  test.each(['kms:read', 'opaque:read'])(
    'a revoked access token (%s) is inactive from then on, also to a second process',
    async (scope) => {
      await using provider = await providerOn(kind);
      const client = aServiceClient({ scopes: ['kms:read', 'opaque:read'] });
      provider.register(client);
      const { access_token: token } = await clientCredentials(provider, client, { scope });
      const { access_token: other } = await clientCredentials(provider, client, { scope });
      expect(await introspect(provider, client, token)).toMatchObject({ active: true, tenant_id: client.tenantId });

      const answers = [await revoke(provider, client, token), await revoke(provider, client, token)];

      expect(answers.map(({ status, text }) => [status, text])).toEqual([
        [200, ''],
        [200, ''],
      ]);
      expect(await introspect(provider, client, token)).toEqual({ active: false });
      expect(await introspect(provider, client, other)).toMatchObject({ active: true });
    },
  );

  test('a client cannot revoke the token of another, and revoking what does not exist tells nothing', async () => {
    await using provider = await providerOn(kind);
    const [mine, other] = [aServiceClient(), aServiceClient()];
    provider.register(mine, other);
    const { access_token: token } = await clientCredentials(provider, mine);

    const foreign = await revoke(provider, other, token);
    const unknown = [await revoke(provider, other, 'made-up'), await revoke(provider, other, `${token.slice(0, -4)}AAAA`)];

    expect([foreign.status, foreign.json<{ error: string }>().error]).toEqual([400, 'invalid_request']);
    expect(unknown.map(({ status }) => status)).toEqual([200, 200]);
    expect(await introspect(provider, mine, token)).toMatchObject({ active: true });
  });

  describe.each([
    ['JWT access tokens', 'openid offline_access kms:read'],
    ['opaque access tokens', 'openid offline_access opaque:read'],
  ])('of a family with %s', (_form, scope) => {
    const family = async () => {
      const provider = await providerOn(kind);
      const [account, client] = [anAccount(), aClient()];
      provider.register(account, client);
      const first = await provider.tokens(client, account, { scope });
      const refresh = (of: Tokens) =>
        provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: of.refresh_token }, client);
      const second = (await refresh(first)).json<Tokens>();
      const isActive = async (token: string) => (await introspect(provider, client, token))['active'];
      return { provider, client, first, second, refresh, isActive, [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() };
    };

    test('revoking one access token spares the others and the refresh token', async () => {
      await using at = await family();

      await revoke(at.provider, at.client, at.second.access_token);

      const third = (await at.refresh(at.second)).json<Tokens>();
      const tokens = [at.second.access_token, at.first.access_token, third.access_token, third.refresh_token];
      expect(await Promise.all(tokens.map(at.isActive))).toEqual([false, true, true, true]);
    });

    test('revoking the refresh token ends them all', async () => {
      await using at = await family();

      await revoke(at.provider, at.client, at.second.refresh_token);

      const tokens = [at.first.access_token, at.second.access_token, at.second.refresh_token];
      expect(await Promise.all(tokens.map(at.isActive))).toEqual([false, false, false]);
      expect((await at.refresh(at.second)).json()).toMatchObject({ error: 'invalid_grant' });
    });
  });

  test('forged tokens are inactive: another key, no algorithm, an ID token, another issuer', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const tokens = await provider.tokens(client, account);
    const claims = decodeJwt(tokens.access_token);
    const set = await provider.keys.current();
    const { kid = '' } = set.keys[0];
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const sign = (payload: object, key: Parameters<SignJWT['sign']>[0], typ = 'at+jwt'): Promise<string> =>
      new SignJWT({ ...payload }).setProtectedHeader({ alg: 'ES256', kid, typ }).sign(key);
    const unsigned = `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url')}.${tokens.access_token.split('.')[1]}.`;

    const forged = [
      await sign(claims, privateKey),
      unsigned,
      tokens.id_token,
      await sign({ ...claims, iss: 'https://other.passthru.example' }, set.keys[0]),
      await sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 1 }, set.keys[0]),
      await sign({ ...claims, jti: undefined }, set.keys[0]),
      await sign({ ...claims, grant_id: randomUUIDv7() }, set.keys[0]),
      await sign(claims, set.keys[0], 'JWT'),
    ];

    for (const token of forged) expect(await introspect(provider, client, token)).toEqual({ active: false });
    expect(await introspect(provider, client, await sign(claims, set.keys[0]))).toMatchObject({ active: true });
  });

  test('tokens of a client that is gone, or is now in another tenant, are inactive', async () => {
    await using provider = await providerOn(kind);
    const [gone, moved] = [aServiceClient(), aServiceClient()];
    const kms = aServiceClient({ mayIntrospect: [KMS_RESOURCE] });
    provider.register(gone, moved, kms);
    const [ofGone, ofMoved] = [await clientCredentials(provider, gone), await clientCredentials(provider, moved)];

    provider.clients.delete(gone.clientId);
    provider.register({ ...moved, tenantId: crypto.randomUUID() });

    expect(await introspect(provider, kms, ofGone.access_token)).toEqual({ active: false });
    expect(await introspect(provider, kms, ofMoved.access_token)).toEqual({ active: false });
  });

  test('the answer never shows the grant', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);

    expect(await introspect(provider, client, (await provider.tokens(client, account)).access_token)).not.toHaveProperty('grant_id');
  });
});
