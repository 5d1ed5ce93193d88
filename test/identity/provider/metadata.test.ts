import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { DEVICE_GRANT } from '#identity/clients/client.ts';
import { expect, test, vi } from 'vitest';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, aServiceClient, ISSUER, secretOf } from '#test/identity/support/identity-provider.ts';

const printed = vi.hoisted(() => {
  const lines: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    console[method] = (...parts: unknown[]) => void lines.push(parts.join(' '));
  }
  return lines;
});

test('discovery and the OAuth metadata say what is there, with the issuer of the configuration', async () => {
  await using provider = await providerOn('sqlite');

  const openid = await provider.send({ url: `${ISSUER}/.well-known/openid-configuration` });
  const oauth = await provider.send({ url: `${ISSUER}/.well-known/oauth-authorization-server` });

  expect(oauth.json()).toEqual(openid.json());
  expect(openid.json()).toMatchObject({
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/oauth2/authorize`,
    token_endpoint: `${ISSUER}/oauth2/token`,
    introspection_endpoint: `${ISSUER}/oauth2/introspect`,
    pushed_authorization_request_endpoint: `${ISSUER}/oauth2/par`,
    revocation_endpoint: `${ISSUER}/oauth2/revoke`,
    userinfo_endpoint: `${ISSUER}/oidc/userinfo`,
    end_session_endpoint: `${ISSUER}/oidc/logout`,
    jwks_uri: `${ISSUER}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    claims_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    response_modes_supported: ['query', 'form_post'],
    claims_supported: ['sub', 'name', 'preferred_username', 'tenant_id', 'roles', 'email', 'acr', 'sid', 'auth_time', 'iss', 'amr'],
    grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT]),
    device_authorization_endpoint: `${ISSUER}/oauth2/device_authorization`,
    acr_values_supported: ['urn:passthru:acr:password', 'urn:passthru:acr:two-factor', 'phr'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: ['ES256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    authorization_response_iss_parameter_supported: true,
    scopes_supported: expect.arrayContaining(['openid', 'offline_access', 'kms:read', 'kms:encrypt']),
  });
});

/** Sends headers and targets that our own client refuses to send. */
const sendAs = async (
  to: { port: number; ca: string },
  path: string,
  headers: Record<string, string>,
): Promise<IncomingMessage & { body: string }> => {
  const outgoing = request({ host: 'localhost', servername: 'localhost', port: to.port, ca: to.ca, path, headers, agent: false }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Object.assign(response, { body: Buffer.concat(chunks).toString() });
};

test('neither a Host header, a forwarded one nor an absolute request target chooses a URL of an answer', async () => {
  await using provider = await providerOn('sqlite');
  const client = aClient();
  provider.register(client);
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'http', forwarded: 'host=evil.example' };
  const path = '/.well-known/openid-configuration';

  const metadata = await sendAs(provider, path, headers);
  const absolute = await sendAs(provider, `https://evil.example${path}`, headers);
  const started = await sendAs(provider, `/oauth2/authorize${provider.attempt(client).url.search}`, headers);

  expect(JSON.parse(metadata.body)).toMatchObject({
    issuer: ISSUER,
    token_endpoint: `${ISSUER}/oauth2/token`,
    jwks_uri: `${ISSUER}/.well-known/jwks.json`,
  });
  expect(absolute.body).not.toMatch(/"\w+_endpoint":"https:\/\/evil/);
  expect(started.headers.location).toMatch(/^\/login\//);
  expect(started.headers['set-cookie']?.length).toBeGreaterThan(0);
  for (const cookie of started.headers['set-cookie'] ?? []) expect(cookie).toMatch(/; secure/i);
  const { payload } = await provider.database.db.selectFrom('oidc_payloads').select('payload').executeTakeFirstOrThrow();
  expect(JSON.parse(payload)).toMatchObject({ returnTo: `${ISSUER}/oauth2/authorize/` });
});

test('the JWKS shows public parts only: the key that signs and the next one', async () => {
  await using provider = await providerOn('sqlite');

  const jwks = await provider.send({ url: `${ISSUER}/.well-known/jwks.json` });

  const { keys } = jwks.json<{ keys: Record<string, unknown>[] }>();
  expect(keys).toHaveLength(2);
  for (const key of keys) {
    expect(key).toEqual({
      kty: 'EC',
      crv: 'P-256',
      alg: 'ES256',
      use: 'sig',
      kid: expect.any(String),
      x: expect.any(String),
      y: expect.any(String),
    });
  }
});

test('every origin may read discovery and keys, and no other answer, unless the configuration names it', async () => {
  await using closed = await providerOn('sqlite');
  await using open = await providerOn('sqlite', { corsOrigins: ['https://app.passthru.example'] });
  const ask = async (provider: typeof open, origin: string, method: string, path: string): Promise<string | undefined> =>
    (await provider.send({ method, url: `${ISSUER}${path}`, headers: { origin, 'access-control-request-method': 'POST' } })).headers[
      'access-control-allow-origin'
    ];

  const origins = [
    await ask(closed, 'https://app.passthru.example', 'GET', '/.well-known/openid-configuration'),
    await ask(closed, 'https://app.passthru.example', 'OPTIONS', '/oauth2/token'),
    await ask(open, 'https://evil.example', 'OPTIONS', '/oauth2/token'),
    await ask(open, 'https://evil.example', 'GET', '/.well-known/jwks.json'),
    await ask(open, 'https://app.passthru.example', 'OPTIONS', '/oauth2/token'),
    await ask(open, 'https://app.passthru.example', 'GET', '/.well-known/jwks.json'),
  ];

  expect(origins).toEqual(['*', undefined, undefined, '*', 'https://app.passthru.example', '*']);
});

test('scripts of an origin of one client read answers to that client, and to no other', async () => {
  await using provider = await providerOn('sqlite');
  const origin = 'https://app.passthru.example';
  const [browser, other] = [aClient({ corsOrigins: [origin] }), aClient()];
  provider.register(browser, other);
  const ask = async (client: { readonly clientId: string }, from = origin) => {
    const form = { grant_type: 'refresh_token', refresh_token: 'none', client_id: client.clientId };
    const { headers, text } = await provider.send({ method: 'POST', url: `${ISSUER}/oauth2/token`, form, headers: { origin: from } });
    return [headers['access-control-allow-origin'], JSON.parse(text).error];
  };
  const preflight = { origin, 'access-control-request-method': 'POST' };
  const { headers } = await provider.send({ method: 'OPTIONS', url: `${ISSUER}/oauth2/token`, headers: preflight });

  expect(headers['access-control-allow-origin']).toBe(origin);
  expect(await ask(browser)).toEqual([origin, 'invalid_grant']);
  expect(await ask(other)).toEqual([undefined, 'invalid_request']);
  expect(await ask(browser, 'https://evil.example')).toEqual([undefined, 'invalid_request']);
});

test.each([
  ['GET', '/interaction/anything', 404],
  ['GET', '/oauth2/authorize/made-up', 400],
  ['POST', '/request', 404],
  ['POST', '/reg', 404],
])('%s %s is no endpoint: %i', async (method, path, status) => {
  await using provider = await providerOn('sqlite');

  expect((await provider.send({ method, url: `${ISSUER}${path}` })).status).toBe(status);
});

test('a program always gets JSON, whatever it says it accepts, and security headers', async () => {
  await using provider = await providerOn('sqlite');

  const response = await provider.send({ method: 'POST', url: `${ISSUER}/oauth2/token`, headers: { accept: 'text/html' }, form: {} });

  expect([response.status, response.headers['content-type']]).toEqual([401, 'application/json; charset=utf-8']);
  expect(response.headers).toMatchObject({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'strict-transport-security': expect.any(String),
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  });
});

test('no answer that a program gets with its secret is kept by a cache, those of revocation among them', async () => {
  await using provider = await providerOn('sqlite');
  const client = aServiceClient({ authMethod: 'client_secret_post' });
  provider.register(client);
  for (const [path, form] of [
    ['/oauth2/token', { grant_type: 'client_credentials' }],
    ['/oauth2/introspect', { token: 'unknown' }],
    ['/oauth2/revoke', { token: 'unknown' }],
  ] as const)
    for (const [secret, status] of [
      [secretOf(client), 200],
      ['wrong', 401],
    ] as const) {
      const answer = await provider.post(path, form, client, secret);
      expect([path, answer.status, answer.headers['cache-control']]).toEqual([path, status, 'no-store']);
    }
});

test.each([
  ['JSON instead of a form', 'application/json', '{"grant_type":"client_credentials"}', 415],
  ['a body that is too large', 'application/x-www-form-urlencoded', `token=${'a'.repeat(70_000)}`, 413],
  ['a parameter twice', 'application/x-www-form-urlencoded', 'grant_type=client_credentials&grant_type=client_credentials', 400],
  ['bytes that are no text', 'application/x-www-form-urlencoded', '%ff%00=%fe', 400],
])('refuses %s', async (_what, contentType, body, status) => {
  await using provider = await providerOn('sqlite');

  const response = await provider.send({ method: 'POST', url: `${ISSUER}/oauth2/token`, headers: { 'content-type': contentType }, body });

  expect(response.status).toBe(status);
  expect(provider.logged).toEqual([]);
});

test('the provider warns of nothing, from start to logout', async () => {
  await using provider = await providerOn('sqlite');
  const [account, client, service] = [anAccount(), aClient(), aServiceClient()];
  provider.register(account, client, service);
  const tokens = await provider.tokens(client, account);
  const openid = await provider.tokens(client, account, { scope: 'openid profile' });
  await provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, client);
  const { access_token: token } = (await provider.post('/oauth2/token', { grant_type: 'client_credentials' }, service)).json<{
    access_token: string;
  }>();
  for (const path of ['/oauth2/introspect', '/oauth2/revoke']) {
    await provider.post(path, { token }, service);
    await provider.post(path, { token: openid.access_token }, client);
  }
  await provider.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `Bearer ${openid.access_token}` } });
  await provider.walk(provider.browser(), provider.attempt(client, { redirect_uri: 'https://evil.example' }).url);
  await provider.browser().request({ url: `${ISSUER}/oidc/logout` });
  await provider.browser().request({ url: `${ISSUER}/oidc/logout/success` });

  expect(printed.filter((line) => line.includes('oidc-provider') && !line.includes('Unsupported runtime'))).toEqual([]);
  expect(printed.some((line) => line.includes('Unsupported runtime'))).toBe(true);
});
