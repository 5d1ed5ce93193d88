import { createHash, randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { listen } from '#infra/http/server/listen.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { buildIdentity, type Identity } from '#identity/server.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { createBrowser } from '#test/support/identity-browser.ts';
import { identityFiles, ISSUER, KMS_CLIENT_SECRET } from '#test/support/identity.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const basic = (name: string, password: string) => ({ authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });
const DEMO_CLIENT = basic('demo-confidential-client', 'demo-confidential-client-password');
const KMS = basic('passthru-kms', KMS_CLIENT_SECRET);

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('three replicas of Identity on one PostgreSQL', () => {
  const opened = new AsyncDisposableStack();
  const given = { demo: randomUUID(), 'demo-other': randomUUID() };
  let test: TestDatabases;
  let client: HttpsClient;
  let replicas: readonly { readonly identity: Identity; readonly url: string }[];

  beforeAll(async () => {
    test = opened.use(await withDatabases('postgres'));
    const folder = opened.use(await temporaryDirectory());
    const { tls, configFiles } = await identityFiles(join(folder.path), { database: test.config });
    client = opened.use(createHttpsClient({ ca: await readFile(tls.caFile, 'utf8') }));
    const config = await loadIdentityConfig(configFiles);
    const start = async () => {
      const databases = await openDatabases(config.database);
      const identity = await buildIdentity({ config, telemetry: noTelemetry(), databases, demo: true });
      await identity.demo?.seed(given);
      const { port } = await listen(identity.app, config.server);
      return { identity, url: `https://localhost:${port}` };
    };
    // Fresh, and all at the same moment.
    replicas = await Promise.all([start(), start(), start()]);
    for (const { identity } of replicas) opened.use(identity);
  });
  afterAll(() => opened.disposeAsync());

  const [one, two, three] = [0, 1, 2].map((index) => () => replicas[index]?.url ?? '') as [() => string, () => string, () => string];
  const post = (url: string, path: string, headers: Record<string, string>, form: Record<string, string>) =>
    client.request({ method: 'POST', url: `${url}${path}`, headers, form });
  const newToken = async (url: string): Promise<string> => {
    const answer = await post(url, '/oauth2/token', DEMO_CLIENT, { grant_type: 'client_credentials', resource: 'urn:passthru:kms' });
    expect(answer.status).toBe(200);
    return answer.json<{ access_token: string }>().access_token;
  };

  it('that start fresh at once agree on signing keys and demo data, and all are ready', async () => {
    const jwks = await Promise.all(replicas.map(({ url }) => client.request({ url: `${url}/.well-known/jwks.json` })));
    expect(new Set(jwks.map(({ text }) => text)).size).toBe(1);
    expect(jwks[0]?.json<{ keys: unknown[] }>().keys).toHaveLength(2);
    for (const { identity, url } of replicas) {
      expect(await identity.demo?.state()).toEqual({ seeded: true, tenants: given, resetPending: null });
      expect((await client.request({ url: `${url}/readyz` })).status).toBe(200);
    }
  });

  /** Sends each request of a browser to the next replica, as a balancer does. */
  const inTurn = (): typeof fetch => {
    let turn = 0;
    return async (target, init) => {
      const { pathname, search } = new URL(String(target));
      turn += 1;
      const answer = await client.request({
        method: init?.method === 'POST' ? 'POST' : 'GET',
        url: `${replicas[turn % replicas.length]?.url}${pathname}${search}`,
        headers: init?.headers as Record<string, string>,
        ...(init?.body === undefined ? {} : { body: String(init.body) }),
      });
      const headers = new Headers(answer.headers);
      for (const cookie of answer.setCookies) headers.append('set-cookie', cookie);
      return new Response(answer.text, { status: answer.status, headers });
    };
  };

  it('serve one log-in together: each page from another one, the code at one, refreshes at the others, one of them repeated', async () => {
    const browser = createBrowser({ fetch: inTurn(), origin: ISSUER });
    const verifier = randomBytes(32).toString('base64url');
    const redirectUri = 'http://127.0.0.1:43117/callback';
    const request = new URLSearchParams({
      response_type: 'code',
      client_id: 'demo-public-client',
      redirect_uri: redirectUri,
      scope: 'openid profile offline_access kms:read',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: randomUUIDv7(),
    });
    const login = await browser.visit(`${ISSUER}/oauth2/authorize?${request}`);
    const consent = await browser.submit(login, { username: 'demo-user', password: 'demo-user-password', decision: 'login' });
    const callback = new URL((await browser.submit(consent, { decision: 'allow' })).url);
    const code = callback.searchParams.get('code') ?? '';

    const ask = (url: string, form: Record<string, string>) => post(url, '/oauth2/token', {}, { client_id: 'demo-public-client', ...form });
    const codeForm = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
    const refreshForm = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token });
    type Tokens = { readonly access_token: string; readonly refresh_token: string };
    const first = (await ask(one(), codeForm)).json<Tokens>();
    const second = (await ask(two(), refreshForm(first.refresh_token))).json<Tokens>();
    const repeated = (await ask(three(), refreshForm(first.refresh_token))).json<Tokens>();
    expect(repeated.refresh_token).toBe(second.refresh_token);
    const info = await client.request({ url: `${one()}/oidc/userinfo`, headers: { authorization: `Bearer ${second.access_token}` } });
    expect(info.json()).toMatchObject({ preferred_username: 'demo-user' });
    const replayed = await ask(three(), codeForm);
    expect(replayed.json()).toMatchObject({ error: 'invalid_grant' });
    expect((await ask(one(), refreshForm(second.refresh_token))).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('know each other’s tokens, and at once that one was revoked', async () => {
    const token = await newToken(one());
    const ask = async (url: string) => (await post(url, '/oauth2/introspect', KMS, { token })).json<{ active: boolean }>().active;
    expect(await Promise.all(replicas.map(({ url }) => ask(url)))).toEqual([true, true, true]);
    expect((await post(two(), '/oauth2/revoke', DEMO_CLIENT, { token })).status).toBe(200);
    expect(await Promise.all(replicas.map(({ url }) => ask(url)))).toEqual([false, false, false]);
  });

  it('know at once that a reset took accounts and clients away, whoever did it', async () => {
    const token = await newToken(three());
    const demo = replicas[0]?.identity.demo;
    const { resetId, tenants } = (await demo?.reset()) ?? { resetId: '', tenants: {} };
    await replicas[1]?.identity.demo?.commit(resetId);
    const asked = await Promise.all(replicas.map(({ url }) => post(url, '/oauth2/introspect', KMS, { token })));
    expect(asked.map((answer) => answer.json<{ active: boolean }>().active)).toEqual([false, false, false]);
    for (const { url } of replicas) {
      const payload = JSON.parse(Buffer.from((await newToken(url)).split('.')[1] ?? '', 'base64url').toString()) as { tenant_id: string };
      expect(payload.tenant_id).toBe((tenants as Record<string, string>)['demo']);
    }
  });

  it('end one after the other, and the last one still serves', async () => {
    for (const { identity } of replicas.slice(0, 2)) await identity[Symbol.asyncDispose]();
    expect((await client.request({ url: `${three()}/readyz` })).status).toBe(200);
    await newToken(three());
  });
});
