import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { announcedClients, type PostAs } from '#test/identity/support/announced-clients.ts';
import { type RelyingParty, startRelyingParty } from '#test/identity/support/relying-party.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';
import { ISSUER, KMS_CLIENT_SECRET, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';
import { type Browser, createBrowser } from '#test/support/identity-browser.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { testTls } from '#test/support/tls.ts';

// Each value that discovery announces is held against a request that works by it; a member without a proof here fails the first test.

const REDIRECT = 'http://127.0.0.1:43117/callback';
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const PERSON = { username: 'demo-admin', password: 'demo-admin-password', decision: 'login' };

type Members = Readonly<Record<string, unknown>>;
interface Person {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  readonly scope: string;
}

const opened = new AsyncDisposableStack();
let identity: TestIdentity;
let party: RelyingParty;
let clients: ReturnType<typeof announcedClients>;
let metadata: Members;
let browser: Browser;
let person: Person;

const json = async (url: string, headers: Record<string, string> = {}): Promise<Members> =>
  (await (await identity.fetch(url, { headers })).json()) as Members;

/** The demo's public client asks for a code; its person logs in, and allows all. @returns what came back, and the verifier */
const authorize = async (params: Readonly<Record<string, string>> = {}) => {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: 'demo-public-client',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid offline_access',
    state: unique('state'),
    nonce: unique('nonce'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...params,
  });
  let page = await browser.visit(`${String(metadata['authorization_endpoint'])}?${query.toString()}`);
  if (page.url.includes('/login/')) page = await browser.submit(page, PERSON);
  if (page.url.includes('/consent/')) page = await browser.submit(page, { decision: 'allow' });
  return { page, verifier, clientId: query.get('client_id') ?? '' };
};

const redeem = async ({ page, verifier, clientId }: Awaited<ReturnType<typeof authorize>>): Promise<Person> => {
  const code = new URL(page.url).searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier, redirect_uri: REDIRECT };
  const { status, body } = await clients.post('/oauth2/token', form);
  expect([status, body['error_description']]).toEqual([200, undefined]);
  return body as unknown as Person;
};

beforeAll(async () => {
  const tls = await testTls(opened.use(await temporaryDirectory()).path);
  party = opened.use(await startRelyingParty(tls.leaf('server')));
  identity = opened.use(
    await startTestIdentity({
      overlay: {
        server: { client_certificates: 'request' },
        registration: { enabled: true },
        signing: { algorithms: ['EdDSA', 'RS256'] },
        outgoing: { origins: [party.origin], authorities: [tls.caFile] },
      },
    }),
  );
  clients = announcedClients(identity);
  metadata = await json(`${ISSUER}/.well-known/openid-configuration`);
  browser = createBrowser({ fetch: identity.fetch, origin: ISSUER });
  person = await redeem(await authorize({ scope: (metadata['scopes_supported'] as string[]).join(' ') }));
});
afterAll(() => opened.disposeAsync());

const ownToken = async (as: PostAs): Promise<string> =>
  String((await as('/oauth2/token', { grant_type: 'client_credentials' })).body['access_token']);

/** Each works at an endpoint: a confidential client is answered about its own token, and a public one about its person's. */
const eachAt = (path: string, answered: Members) => async (methods: unknown) => {
  for (const method of methods as string[]) {
    const as = (await clients.by(method)) ?? ((to, form) => clients.post(to, { client_id: 'demo-public-client', ...form }));
    const token = method === 'none' ? person.access_token : await ownToken(as);
    expect([method, (await as(path, { token })).body]).toEqual([method, expect.objectContaining(answered)]);
  }
};
const introspects = eachAt('/oauth2/introspect', { active: true });

const signaturesAt = (path: string) => async (algs: unknown) => {
  for (const alg of algs as string[]) {
    const as = await clients.bySignature(alg);
    const form: Record<string, string> = path === '/oauth2/token' ? { grant_type: 'client_credentials' } : { token: 'made-up' };
    expect([alg, (await as(path, form)).status]).toEqual([alg, 200]);
  }
};

/** @returns `sid` of the ID token, and of the logout token that came to the client after it */
const loggedOutByBackChannel = async () => {
  const { clientId } = await clients.create({
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    grant_types: ['authorization_code'],
    redirect_uris: ['http://127.0.0.1/callback'],
    scopes: ['openid'],
    roles: [],
    tenant_id: undefined,
    backchannel_logout_uri: `${party.origin}/${unique('out')}`,
  });
  browser = createBrowser({ fetch: identity.fetch, origin: ISSUER });
  const tokens = await redeem(await authorize({ client_id: clientId, scope: 'openid' }));
  await browser.submit(await browser.visit(`${String(metadata['end_session_endpoint'])}?client_id=${clientId}`), { logout: 'yes' });
  const told = await vi.waitFor(() => {
    const mine = party.received
      .map(({ body }) => decodeJwt(new URLSearchParams(body).get('logout_token') ?? ''))
      .find(({ aud }) => aud === clientId);
    if (mine === undefined) throw new Error('nobody was told yet');
    return mine;
  });
  return { before: decodeJwt(tokens.id_token)['sid'], told: told['sid'] };
};
let outcome: ReturnType<typeof loggedOutByBackChannel> | undefined;

const tellsOfLogOuts = async (value: unknown) => {
  const { before, told } = await (outcome ??= loggedOutByBackChannel());
  expect([value, told]).toEqual([true, before]);
};

const PROOFS: Readonly<Record<string, (value: unknown) => Promise<void>>> = {
  // Log-ins that are surer than a password: test/identity/pages/account.
  acr_values_supported: async (values) => {
    const [password = '', ...surer] = values as string[];
    expect(decodeJwt((await redeem(await authorize({ acr_values: password }))).id_token)['acr']).toBe(password);
    for (const acr of surer) {
      const { page } = await authorize({ acr_values: acr, prompt: 'none' });
      expect([acr, new URL(page.url).searchParams.get('error')]).toEqual([acr, 'login_required']);
    }
  },
  issuer: async (issuer) => expect([issuer, decodeJwt(person.id_token).iss]).toEqual([ISSUER, ISSUER]),
  authorization_endpoint: async () => expect((await authorize()).page.url).toMatch(/^http:\/\/127\.0\.0\.1:43117\/callback\?code=/),
  authorization_response_iss_parameter_supported: async (value) =>
    expect([value, new URL((await authorize()).page.url).searchParams.get('iss')]).toEqual([true, ISSUER]),
  backchannel_logout_supported: tellsOfLogOuts,
  backchannel_logout_session_supported: tellsOfLogOuts,
  claim_types_supported: async (types) => expect(types).toEqual(['normal']),
  claims_parameter_supported: async (value) => expect(value).toBe(true),
  claims_supported: async (names) => {
    const claims = Object.fromEntries((names as string[]).map((name) => [name, null]));
    const tokens = await redeem(await authorize({ claims: JSON.stringify({ id_token: claims, userinfo: claims }) }));
    const inToken = decodeJwt(tokens.id_token);
    expect(Object.keys(inToken)).toEqual(expect.arrayContaining(names as string[]));
    const ofAccount = await json(String(metadata['userinfo_endpoint']), { authorization: `Bearer ${tokens.access_token}` });
    for (const [name, value] of Object.entries(ofAccount)) expect([name, inToken[name]]).toEqual([name, value]);
    expect(ofAccount).toHaveProperty('email');
  },
  code_challenge_methods_supported: async (methods) => {
    expect(methods).toEqual(['S256']);
    const refused = await authorize({ code_challenge_method: 'plain', code_challenge: 'a'.repeat(43) });
    expect(new URL(refused.page.url).searchParams.get('error')).toBe('invalid_request');
  },
  device_authorization_endpoint: async () => {
    const { clientId } = await clients.create({
      token_endpoint_auth_method: 'none',
      grant_types: [DEVICE_GRANT],
      scopes: ['openid'],
      roles: [],
      tenant_id: undefined,
    });
    const asked = await clients.post('/oauth2/device_authorization', { client_id: clientId, scope: 'openid' });
    const code = String(asked.body['device_code']);
    const polled = await clients.post('/oauth2/token', { grant_type: DEVICE_GRANT, client_id: clientId, device_code: code });
    expect([asked.status, polled.body['error']]).toEqual([200, 'authorization_pending']);
  },
  dpop_signing_alg_values_supported: async (algs) => {
    for (const alg of algs as string[]) {
      const key = await dpopKey(alg);
      const url = String(metadata['token_endpoint']);
      const proof = await key.proof({ token: '', url, method: 'POST' }, { claims: { ath: undefined } });
      const form = {
        grant_type: 'refresh_token',
        client_id: 'demo-public-client',
        refresh_token: (await redeem(await authorize())).refresh_token,
      };
      const { body } = await clients.post('/oauth2/token', form, { dpop: proof });
      expect([alg, body['token_type'], decodeJwt(String(body['id_token'])).iss]).toEqual([alg, 'DPoP', ISSUER]);
    }
  },
  end_session_endpoint: async (url) => expect((await browser.visit(String(url))).html).toContain('Log out?'),
  grant_types_supported: async (types) => {
    const proven = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT];
    expect((types as string[]).toSorted()).toEqual(proven.toSorted());
    const form = {
      grant_type: 'refresh_token',
      client_id: 'demo-public-client',
      refresh_token: (await redeem(await authorize())).refresh_token,
    };
    expect((await clients.post('/oauth2/token', form)).status).toBe(200);
  },
  id_token_signing_alg_values_supported: async (algs) => {
    const signed: unknown[] = [];
    for (const alg of algs as string[]) {
      const { clientId } = await clients.create({
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: ['authorization_code'],
        redirect_uris: ['http://127.0.0.1/callback'],
        scopes: ['openid'],
        roles: [],
        tenant_id: undefined,
        id_token_signed_response_alg: alg,
      });
      const tokens = await redeem(await authorize({ client_id: clientId, scope: 'openid' }));
      signed.push(decodeProtectedHeader(tokens.id_token).alg);
    }
    expect(signed).toEqual(algs);
  },
  introspection_endpoint: async () => introspects(['client_secret_basic']),
  introspection_endpoint_auth_methods_supported: introspects,
  introspection_endpoint_auth_signing_alg_values_supported: signaturesAt('/oauth2/introspect'),
  introspection_signing_alg_values_supported: async (algs) => {
    const signed: unknown[] = [];
    for (const alg of algs as string[]) {
      const change = { token_endpoint_auth_method: 'client_secret_post', introspection_signed_response_alg: alg };
      const { clientId: client_id, secret: client_secret } = await clients.create(change);
      const { body } = await clients.post('/oauth2/token', { grant_type: 'client_credentials', client_id, client_secret });
      const form = { token: String(body['access_token']), client_id, client_secret };
      const answer = await clients.post('/oauth2/introspect', form, { accept: 'application/token-introspection+jwt' });
      signed.push(decodeProtectedHeader(String(answer.body['text'])).alg);
    }
    expect(signed).toEqual(algs);
  },
  introspection_batch_endpoint: async (url) => {
    const authorization = `Basic ${Buffer.from(`passthru-kms:${KMS_CLIENT_SECRET}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ tokens: [person.access_token] });
    const answer = await identity.fetch(String(url), { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject({ items: [{ active: true }] });
  },
  jwks_uri: async (url) => {
    const keys = createLocalJWKSet((await json(String(url))) as unknown as JSONWebKeySet);
    for (const token of [person.id_token, person.access_token]) expect((await jwtVerify(token, keys)).payload.iss).toBe(ISSUER);
  },
  pushed_authorization_request_endpoint: async () => {
    const form = { client_id: 'demo-public-client', response_type: 'code', redirect_uri: REDIRECT, scope: 'openid' };
    const proof = { code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };
    const pushed = await clients.post('/oauth2/par', { ...form, ...proof });
    expect([pushed.status, pushed.body['request_uri']]).toEqual([201, expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/)]);
  },
  registration_endpoint: async (url) => {
    const body = { note: 'of the test', scopes: ['openid'] };
    const made = (await (await identity.admin('/admin/v1/initial-access-tokens', { method: 'POST', body })).json()) as Members;
    const headers = { authorization: `Bearer ${String(made['initial_access_token'])}`, 'content-type': 'application/json' };
    const client = JSON.stringify({ redirect_uris: ['https://app.example/callback'] });
    expect((await identity.fetch(String(url), { method: 'POST', headers, body: client })).status).toBe(201);
  },
  request_uri_parameter_supported: async (value) => {
    expect(value).toBe(false);
    const { page } = await authorize({ request_uri: 'https://app.example/request.jwt' });
    const told = page.status === 0 ? new URL(page.url).searchParams.get('error') : page.html;
    expect(told).toMatch(/request_uri|invalid_request/);
  },
  response_modes_supported: async (modes) => {
    expect(modes).toEqual(['query', 'form_post']);
    expect((await authorize({ response_mode: 'query' })).page.url).toContain('?code=');
    expect((await authorize({ response_mode: 'form_post' })).page.html).toContain('name="code"');
  },
  response_types_supported: async (types) => {
    expect(types).toEqual(['code']);
    expect((await authorize({ response_type: 'token' })).page.url).toContain('unsupported_response_type');
  },
  revocation_endpoint: async () => {
    const as = (await clients.by('client_secret_basic')) as PostAs;
    const token = await ownToken(as);
    expect((await as('/oauth2/revoke', { token })).status).toBe(200);
    expect((await as('/oauth2/introspect', { token })).body).toEqual({ active: false });
  },
  revocation_endpoint_auth_methods_supported: async (methods) => {
    for (const method of methods as string[]) {
      const as = (await clients.by(method)) ?? ((to, form) => clients.post(to, { client_id: 'demo-public-client', ...form }));
      expect([method, (await as('/oauth2/revoke', { token: 'made-up' })).status]).toEqual([method, 200]);
    }
  },
  revocation_endpoint_auth_signing_alg_values_supported: signaturesAt('/oauth2/revoke'),
  scopes_supported: async (scopes) => expect(person.scope.split(' ').toSorted()).toEqual((scopes as string[]).toSorted()),
  subject_types_supported: async (types) => {
    expect(types).toEqual(['public']);
    expect(decodeJwt(person.id_token).sub).toBe(decodeJwt(person.access_token).sub);
  },
  tls_client_certificate_bound_access_tokens: async (value) => {
    const { clientId, secret } = await clients.create({ token_endpoint_auth_method: 'client_secret_post', token_binding: 'certificate' });
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
    const { cnf } = decodeJwt(String((await clients.certified('/oauth2/token', form)).body['access_token']));
    expect([value, cnf]).toEqual([true, { 'x5t#S256': expect.any(String) as string }]);
  },
  token_endpoint: async () => expect(await ownToken((await clients.by('client_secret_basic')) as PostAs)).toMatch(/^eyJ/),
  token_endpoint_auth_methods_supported: async (methods) => {
    for (const method of methods as string[]) {
      const as = await clients.by(method);
      expect([method, as === undefined ? person.access_token : await ownToken(as)]).toEqual([method, expect.stringMatching(/^eyJ/)]);
    }
  },
  token_endpoint_auth_signing_alg_values_supported: signaturesAt('/oauth2/token'),
  userinfo_endpoint: async (url) =>
    expect(await json(String(url), { authorization: `Bearer ${person.access_token}` })).toMatchObject({
      sub: decodeJwt(person.id_token).sub,
    }),
};

test('each member that is announced has a proof', async () => {
  expect(await json(`${ISSUER}/.well-known/oauth-authorization-server`)).toEqual(metadata);
  expect(Object.keys(metadata).toSorted()).toEqual(Object.keys(PROOFS).toSorted());
});

test.each(Object.keys(PROOFS))('%s is as it is announced', async (member) => {
  await PROOFS[member]?.(metadata[member]);
  expect.hasAssertions();
});
