import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';

let running: TestIdentity;
beforeAll(async () => {
  running = await startTestIdentity({ demo: false, overlay: { registration: { enabled: true } } });
});
afterAll(() => running[Symbol.asyncDispose]());

type Body = Record<string, unknown>;

const give = async (change: Body = {}) => {
  const body = { note: unique('token'), scopes: ['openid', 'profile', 'kms:read'], clients: 10, ...change };
  const answer = await running.admin('/admin/v1/initial-access-tokens', { method: 'POST', body });
  return { status: answer.status, body: (await answer.json()) as Body };
};

const call = async (method: string, url: string, token?: unknown, body?: Body) => {
  const answer = await running.fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${String(token)}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
};
const register = async (body: Body, token?: unknown) =>
  call('POST', `${ISSUER}/oauth2/register`, token ?? (await give()).body['initial_access_token'], body);

const WEB = { client_name: 'Web', redirect_uris: ['https://app.example/callback'] };

describe('A client registers itself', () => {
  it('with what it says of itself and the defaults, and asks for codes then', async () => {
    const made = await register({ ...WEB, software_version: '7', logo_uri: 'https://app.example/logo.png' });

    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(made.body).toEqual({
      client_id: expect.any(String),
      client_id_issued_at: expect.any(Number),
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      client_secret_expires_at: 0,
      registration_access_token: expect.stringMatching(/^[\w-]{43}$/),
      registration_client_uri: `${ISSUER}/oauth2/register/${String(made.body['client_id'])}`,
      client_name: 'Web',
      application_type: 'web',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: ['https://app.example/callback'],
      post_logout_redirect_uris: [],
      scope: 'openid profile kms:read',
      subject_type: 'public',
      dpop_bound_access_tokens: false,
      tls_client_certificate_bound_access_tokens: false,
    });
    const { client_id: id, client_secret: secret } = made.body;
    const authorization = `Basic ${Buffer.from(`${String(id)}:${String(secret)}`).toString('base64')}`;
    const form = new URLSearchParams({ grant_type: 'authorization_code', code: 'none', redirect_uri: WEB.redirect_uris[0] ?? '' });
    const answer = await running.fetch(`${ISSUER}/oauth2/token`, { method: 'POST', headers: { authorization }, body: form });
    expect([answer.status, ((await answer.json()) as Body)['error']]).toEqual([400, 'invalid_grant']);
    const shown = await running.admin(`/admin/v1/clients/${String(id)}`);
    expect(await shown.json()).toMatchObject({ tenant_id: null, first_party: false, require_pkce: true, roles: [] });
  });

  it('as an application of scripts or of a machine, and scripts read its answers at the origins that it comes back to', async () => {
    const scripts = await register({
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://spa.example/a', 'https://spa.example/b'],
    });
    const native = await register({
      token_endpoint_auth_method: 'none',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      dpop_bound_access_tokens: true,
    });

    expect([scripts.status, scripts.body['client_secret'], scripts.body['client_name']]).toEqual([
      201,
      undefined,
      scripts.body['client_id'],
    ]);
    expect(native.body).toMatchObject({ application_type: 'native', dpop_bound_access_tokens: true });
    const origins = async (id: unknown) =>
      ((await (await running.admin(`/admin/v1/clients/${String(id)}`)).json()) as Body)['cors_origins'];
    expect([await origins(scripts.body['client_id']), await origins(native.body['client_id'])]).toEqual([['https://spa.example'], []]);
  });

  it.each([
    ['invalid_redirect_uri', 'redirect_uris', { ...WEB, redirect_uris: ['https://app.example/#fragment'] }],
    ['invalid_redirect_uri', 'redirect_uris', { ...WEB, redirect_uris: ['my.app:/callback'] }],
    ['invalid_redirect_uri', 'redirect_uris', { client_name: 'None' }],
    ['invalid_client_metadata', 'grant_types', { ...WEB, grant_types: ['client_credentials'] }],
    ['invalid_client_metadata', 'response_types', { ...WEB, response_types: ['token'] }],
    ['invalid_client_metadata', 'scope', { ...WEB, scope: 'openid kms:admin' }],
    ['invalid_client_metadata', 'jwks', { ...WEB, token_endpoint_auth_method: 'private_key_jwt' }],
    ['invalid_client_metadata', 'backchannel_logout_uri', { ...WEB, backchannel_logout_uri: 'https://10.0.0.1/log-out' }],
    ['invalid_client_metadata', 'subject_type', { ...WEB, subject_type: 'pairwise' }],
    ['invalid_client_metadata', 'client_name', { ...WEB, client_name: 'with\u0000nul' }],
    ['invalid_client_metadata', 'client_name', { ...WEB, client_name: 'turned \u202Edn uor' }],
  ])('and is refused with %s for %s', async (error, field, metadata) => {
    const refused = await register(metadata);

    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8']);
    expect(refused.body).toEqual({ error, error_description: expect.stringContaining(field) as string });
  });

  it('by a token of an operator alone, and not twice by one for one', async () => {
    const { body } = await give({ clients: 1 });
    const token = body['initial_access_token'];

    const answers = [await register(WEB, token), await register(WEB, token), await register(WEB, 'made-up')];
    const none = await call('POST', `${ISSUER}/oauth2/register`, undefined, WEB);

    expect(answers.map(({ status }) => status)).toEqual([201, 401, 401]);
    expect(answers[1]?.headers.get('www-authenticate')).toBe('Bearer realm="passthru-identity", error="invalid_token"');
    expect(answers[1]?.body).toMatchObject({ error: 'invalid_token' });
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="passthru-identity"']);
  });

  it('and reads, replaces and ends its registration', async () => {
    const made = (await register({ ...WEB, scope: 'openid', post_logout_redirect_uris: ['https://app.example/out'] })).body;
    const { client_id, client_secret, registration_client_uri, registration_access_token: token, ...rest } = made;
    const uri = String(registration_client_uri);

    const read = await call('GET', uri, token);
    expect(read.body).toEqual({ client_id, registration_client_uri, ...rest, client_secret_expires_at: undefined });
    const renamed = { client_id, client_secret, client_name: 'Renamed', redirect_uris: ['https://app.example/new'] };
    const replaced = await call('PUT', uri, token, renamed);
    expect([replaced.status, replaced.body]).toEqual([
      200,
      expect.objectContaining({ client_name: 'Renamed', redirect_uris: ['https://app.example/new'], post_logout_redirect_uris: [] }),
    ]);
    const next = replaced.body['registration_access_token'];
    expect([replaced.body['client_secret'], (await call('GET', uri, token)).status, (await call('GET', uri, next)).status]).toEqual([
      undefined,
      401,
      200,
    ]);
    expect((await call('DELETE', uri, next)).status).toBe(204);
    expect([(await call('GET', uri, next)).status, (await running.admin(`/admin/v1/clients/${String(client_id)}`)).status]).toEqual([
      401, 404,
    ]);
  });

  it('and takes back nothing that an operator took from it', async () => {
    const { client_id: id, registration_client_uri: uri, registration_access_token: token } = (await register(WEB)).body;
    const narrowed = await running.admin(`/admin/v1/clients/${String(id)}`, { method: 'PATCH', body: { scopes: ['openid'] } });
    expect(narrowed.status).toBe(200);

    const wide = await call('PUT', String(uri), token, { client_id: id, ...WEB, scope: 'openid kms:read' });
    expect([wide.status, wide.body['error_description']]).toEqual([400, expect.stringContaining('kms:read')]);
    const silent = await call('PUT', String(uri), token, { client_id: id, ...WEB });
    expect([silent.status, silent.body['scope']]).toEqual([200, 'openid']);
  });

  it.each([
    ['the id of another', { client_id: 'another' }],
    ['no id', { client_id: undefined }],
    ['a secret that is not its own', { client_secret: 'made-up-by-the-client' }],
    ['what the server alone says', { client_id_issued_at: 1 }],
    ['another way to prove itself', { token_endpoint_auth_method: 'none' }],
  ])('and cannot replace it with %s', async (_what, change) => {
    const { body } = await register(WEB);
    const { client_id, registration_client_uri: uri, registration_access_token: token } = body;

    const refused = await call('PUT', String(uri), token, { client_id, ...WEB, ...change });

    expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_client_metadata']);
    expect((await call('GET', String(uri), token)).status).toBe(200);
  });
});

describe('Initial access tokens', () => {
  it('are listed for operators, never the token itself, and end when they say so', async () => {
    const { status, body } = await give({ note: 'for the shop', clients: 3 });
    const { initial_access_token: token, ...shown } = body;
    expect([status, shown]).toEqual([201, expect.objectContaining({ note: 'for the shop', clients_left: 3 })]);

    const list = async () => ((await (await running.admin('/admin/v1/initial-access-tokens')).json()) as { items: Body[] }).items;
    expect(await list()).toContainEqual(shown);
    expect((await running.admin(`/admin/v1/initial-access-tokens/${String(shown['id'])}`, { method: 'DELETE' })).status).toBe(204);
    expect(await list()).not.toContainEqual(shown);
    expect((await register(WEB, token)).status).toBe(401);
  });

  it('give only scopes that there are', async () => {
    expect(await give({ scopes: ['openid', 'kms:everything'] })).toMatchObject({ status: 400, body: { code: 'scope-unknown' } });
  });
});

describe('Registration', () => {
  it('is announced where it is open, and there is none of it where it is closed, as by default', async () => {
    const discovery = async (of: TestIdentity) =>
      ((await (await of.fetch(`${ISSUER}/.well-known/openid-configuration`)).json()) as Body)['registration_endpoint'];
    await using closed = await startTestIdentity({ demo: false });

    expect([await discovery(running), await discovery(closed)]).toEqual([`${ISSUER}/oauth2/register`, undefined]);
    const there = await closed.fetch(`${ISSUER}/oauth2/register`, { method: 'POST', headers: { authorization: 'Bearer a' } });
    const tokens = await closed.admin('/admin/v1/initial-access-tokens', { method: 'POST', body: {} });
    expect([there.status, tokens.status]).toEqual([404, 404]);
  });
});
