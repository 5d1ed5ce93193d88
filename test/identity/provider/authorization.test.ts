import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, type Attempt, ISSUER, secretOf, type Tokens, type Walk } from '#test/identity/support/identity-provider.ts';

describe.each(databaseKinds())('authorization code on %s', (kind) => {
  test('a person logs in, consents, and the client gets tokens that name tenant, roles and permissions', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const attempt = provider.attempt(client);

    const walk = await provider.walk(provider.browser(), attempt.url, account);
    const tokens = (await provider.exchange(attempt, walk.callback?.searchParams.get('code') ?? '')).json<Tokens>();

    expect(walk.pages).toEqual(['login', 'consent']);
    expect(Object.fromEntries(walk.callback?.searchParams ?? [])).toEqual({
      code: expect.any(String),
      state: attempt.url.searchParams.get('state'),
      iss: ISSUER,
    });
    expect(decodeProtectedHeader(tokens.access_token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: ISSUER,
      aud: KMS_RESOURCE,
      sub: account.accountId,
      client_id: client.clientId,
      scope: 'openid profile offline_access kms:read kms:crypto',
      tenant_id: account.tenantId,
      roles: ['user'],
      permissions: expect.arrayContaining(['kms:elastic-keys:read', 'kms:encrypt']),
    });
    expect(decodeJwt(tokens.id_token)).toMatchObject({
      aud: client.clientId,
      nonce: attempt.url.searchParams.get('nonce'),
      sub: account.accountId,
      name: account.name,
      preferred_username: account.username,
      tenant_id: account.tenantId,
      roles: ['user'],
      auth_time: expect.any(Number),
      at_hash: createHash('sha256').update(tokens.access_token).digest().subarray(0, 16).toString('base64url'),
    });
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'openid profile offline_access kms:read kms:crypto' });
  });

  test.each([
    ['no challenge', { code_challenge: null, code_challenge_method: null }],
    ['method plain', { code_challenge_method: 'plain' }],
    ['a challenge without method, which means plain', { code_challenge_method: null }],
    ['a challenge that is too short', { code_challenge: 'a'.repeat(42) }],
    ['a request object by reference', { request_uri: 'https://client.example/request' }],
    ['response mode fragment', { response_mode: 'fragment' }],
    ['an implicit flow', { response_type: 'id_token' }],
    ['a scope that the client may not ask for', { scope: 'openid kms:admin' }],
    ['a resource that does not exist', { resource: 'urn:passthru:other' }],
  ])('refuses %s, to a public and to a confidential client', async (_what, change) => {
    await using provider = await providerOn(kind);
    const account = anAccount();
    const clients = [aClient(), aClient({ authMethod: 'client_secret_basic' })];
    provider.register(account, ...clients);

    for (const client of clients) {
      const { callback, pages } = await provider.walk(provider.browser(), provider.attempt(client, change).url, account);
      // An error goes where the answer would have gone: for the flows that are off, into the fragment.
      const answer = new URLSearchParams(callback?.search || callback?.hash.slice(1));
      expect(answer.get('error') ?? 'accepted').toMatch(
        /^(invalid_request|invalid_scope|invalid_target|unsupported_response_type|request_uri_not_supported)$/,
      );
      expect(answer.get('iss')).toBe(ISSUER);
      expect(answer.has('id_token')).toBe(false);
      expect(pages).toEqual([]);
    }
  });

  test.each([
    ['another host', 'https://evil.example/callback'],
    ['another path', 'http://127.0.0.1:49152/callback/../evil'],
    ['a longer path', 'http://127.0.0.1:49152/callback2'],
    ['another scheme', 'https://127.0.0.1:49152/callback'],
    ['a user part that hides the host', 'http://127.0.0.1:49152@evil.example/callback'],
    ['a script', 'javascript:alert(1)//'],
    ['none', null],
  ])('shows an error page instead of redirecting to %s', async (_what, redirect) => {
    await using provider = await providerOn(kind);
    const client = aClient();
    provider.register(client);

    const { callback, last } = await provider.walk(provider.browser(), provider.attempt(client, { redirect_uri: redirect }).url);

    expect(callback).toBeNull();
    expect(last.status).toBe(400);
    expect(last.headers['content-type']).toMatch(/^text\/html/);
    expect(last.headers['content-security-policy']).toMatch(/default-src 'none'.*form-action 'self'$/);
  });

  test('a native client may use any loopback port, a web client only what is registered', async () => {
    await using provider = await providerOn(kind);
    const [account, native] = [anAccount(), aClient()];
    const web = aClient({ applicationType: 'web', redirectUris: ['http://127.0.0.1:8765/callback'] });
    provider.register(account, native, web);

    const [first, second, refused] = await Promise.all([
      provider.walk(provider.browser(), provider.attempt(native, { redirect_uri: 'http://127.0.0.1:1/callback' }).url, account),
      provider.walk(provider.browser(), provider.attempt(native, { redirect_uri: 'http://127.0.0.1:65535/callback' }).url, account),
      provider.walk(provider.browser(), provider.attempt(web, { redirect_uri: 'http://127.0.0.1:8766/callback' }).url, account),
    ]);

    expect([first.callback?.port, second.callback?.port, refused.callback]).toEqual(['1', '65535', null]);
  });

  test('refuses a wrong verifier, another redirect URI, another client and a missing client secret', async () => {
    await using provider = await providerOn(kind);
    const [account, client, other] = [anAccount(), aClient(), aClient()];
    const confidential = aClient({ authMethod: 'client_secret_basic' });
    provider.register(account, client, other, confidential);
    const attempt = provider.attempt(client);
    const code = await provider.code(attempt, account);
    const form = { grant_type: 'authorization_code', code, redirect_uri: attempt.redirectUri, code_verifier: attempt.verifier };

    const wrongVerifier = await provider.post('/oauth2/token', { ...form, code_verifier: 'x'.repeat(43) }, client);
    const noVerifier = await provider.post('/oauth2/token', { ...form, code_verifier: '' }, client);
    const wrongRedirect = await provider.post('/oauth2/token', { ...form, redirect_uri: 'http://127.0.0.1:2/callback' }, client);
    const wrongClient = await provider.post('/oauth2/token', form, other);
    const wrongSecret = await provider.post('/oauth2/token', form, confidential, 'wrong');
    const noSecret = await provider.post('/oauth2/token', { ...form, client_id: confidential.clientId });
    const right = await provider.post('/oauth2/token', form, client);

    const refusals = [wrongVerifier, noVerifier, wrongRedirect, wrongClient].map((response) => [
      response.status,
      response.json<{ error: string }>().error,
    ]);
    expect(refusals).toEqual(refusals.map(() => [400, 'invalid_grant']));
    expect([wrongSecret, noSecret].map((response) => [response.status, response.json<{ error: string }>().error])).toEqual([
      [401, 'invalid_client'],
      [401, 'invalid_client'],
    ]);
    expect(wrongSecret.headers['www-authenticate']).toMatch(/^Basic /);
    expect(right.status).toBe(200);
  });

  test('the unused secret in the metadata of a client authenticates nobody, and its own secret does', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient({ authMethod: 'client_secret_post' })];
    provider.register(account, client);
    const attempt = provider.attempt(client);

    const code = await provider.code(attempt, account);
    const form = { grant_type: 'authorization_code', code, redirect_uri: attempt.redirectUri, code_verifier: attempt.verifier };
    const empty = await provider.post('/oauth2/token', form, client, '');
    const right = await provider.post('/oauth2/token', form, client, secretOf(client));

    expect([empty.status, right.status]).toEqual([401, 200]);
  });

  test('the alias /authorize is the same endpoint', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const { url } = provider.attempt(client);

    const { callback } = await provider.walk(provider.browser(), `${ISSUER}/authorize${url.search}`, account);

    expect(callback?.searchParams.get('code')).toEqual(expect.any(String));
  });

  test('roles limit what consent can grant, and roles that were taken away limit the next refresh', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount({ roles: ['user'] }), aClient()];
    provider.register(account, client);

    const tokens = await provider.tokens(client, account, { scope: 'openid offline_access kms:read kms:write' });
    provider.register({ ...account, roles: ['service'], scopes: ['kms:crypto'] });
    const refreshed = await provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, client);

    expect(tokens.scope).toBe('openid offline_access kms:read');
    expect(decodeJwt(refreshed.json<Tokens>().access_token)).toMatchObject({ roles: ['service'], permissions: [] });
    expect(decodeJwt(refreshed.json<Tokens>().access_token).scope).toBe('openid offline_access');
  });

  test('offline_access is asked for and granted without prompt=consent, and a person is asked once', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient({ applicationType: 'web', redirectUris: ['https://app.example/callback'] })];
    provider.register(account, client);
    const browser = provider.browser();
    const attempt = (scope: string) => provider.attempt(client, { scope, prompt: null, redirect_uri: 'https://app.example/callback' });
    const scopeOf = async (made: Attempt, walk: Walk) =>
      (await provider.exchange(made, walk.callback?.searchParams.get('code') ?? '')).json<Tokens>().scope;

    const online = attempt('openid kms:read');
    const first = await provider.walk(browser, online.url, account);
    const asked = attempt('openid offline_access kms:read');
    const second = await provider.walk(browser, asked.url, account);
    const again = attempt('openid offline_access kms:read');
    const third = await provider.walk(browser, again.url, account);

    expect([first.pages, second.pages, third.pages]).toEqual([['login', 'consent'], ['consent'], []]);
    expect(await scopeOf(online, first)).toBe('openid kms:read');
    expect(await scopeOf(asked, second)).toBe('openid offline_access kms:read');
    expect(await scopeOf(again, third)).toBe('openid offline_access kms:read');
  });

  test('a refresh with the whole scope of the request works, and tells what of it was granted', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount({ roles: ['user'] }), aClient()];
    provider.register(account, client);
    const scope = 'openid offline_access kms:read kms:write';
    const tokens = await provider.tokens(client, account, { scope });
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };

    const refreshed = await provider.post('/oauth2/token', { ...form, scope }, client);
    const more = { ...form, refresh_token: refreshed.json<Tokens>().refresh_token, scope: `${scope} kms:crypto` };
    const refused = await provider.post('/oauth2/token', more, client);

    expect([tokens.scope, refreshed.json<Tokens>().scope]).toEqual(['openid offline_access kms:read', 'openid offline_access kms:read']);
    expect(refused.json()).toMatchObject({ error: 'invalid_scope', scope: 'kms:crypto' });
  });

  test('userinfo is closed to a token for a resource without the scope openid, that was revoked, or whose grant is gone', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const tokens = await provider.tokens(client, account);
    const plain = await provider.tokens(client, account, { scope: 'kms:read', nonce: null });
    const other = await provider.tokens(client, account);
    const userinfo = async (token: string) =>
      (await provider.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `Bearer ${token}` } })).status;

    expect([await userinfo(tokens.access_token), await userinfo(plain.access_token)]).toEqual([200, 403]);
    await provider.post('/oauth2/revoke', { token: tokens.access_token }, client);
    await provider.post('/oauth2/revoke', { token: other.refresh_token }, client);
    expect([await userinfo(tokens.access_token), await userinfo(other.access_token)]).toEqual([401, 401]);
  });

  test('a client with a coarse scope may ask for a single fine one, and gets no more', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);

    const tokens = await provider.tokens(client, account, { scope: 'openid kms:elastic-keys:read' });

    expect(decodeJwt(tokens.access_token)).toMatchObject({
      scope: 'openid kms:elastic-keys:read',
      permissions: ['kms:elastic-keys:read'],
    });
  });

  test('without a resource scope the token is opaque; userinfo is open to it and to the token for a resource, whose ID token says the same', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount({ email: 'someone@passthru.example' }), aClient()];
    provider.register(account, client);
    const openid = await provider.tokens(client, account, { scope: 'openid profile email' });
    const kms = await provider.tokens(client, account, { scope: 'openid profile email kms:read' });
    const userinfo = (token: string) => provider.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `Bearer ${token}` } });

    const info = await userinfo(openid.access_token);
    const refused = await Promise.all([userinfo('made-up'), userinfo('made.up.token'), provider.send({ url: `${ISSUER}/oidc/userinfo` })]);

    expect(openid.access_token).not.toContain('.');
    expect(info.json()).toEqual({
      sub: account.accountId,
      preferred_username: account.username,
      name: account.name,
      email: account.email,
      tenant_id: account.tenantId,
      roles: account.roles,
    });
    expect((await userinfo(kms.access_token)).json()).toEqual(info.json());
    expect(decodeJwt(openid.id_token)).not.toHaveProperty('name');
    expect(decodeJwt(kms.id_token)).toMatchObject(info.json<object>());
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  test('a refresh that asks only for OpenID scopes gives a token for userinfo', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const tokens = await provider.tokens(client, account);

    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, scope: 'openid profile' };
    const narrowed = (await provider.post('/oauth2/token', form, client)).json<Tokens>();
    const info = await provider.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `Bearer ${narrowed.access_token}` } });

    expect(info.json<{ sub: string }>().sub).toBe(account.accountId);
  });
});
