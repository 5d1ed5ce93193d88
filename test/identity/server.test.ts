import { randomUUIDv7 } from 'node:crypto';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { TestIdentity } from '#test/support/identity.ts';
import { ISSUER, KMS_CLIENT_SECRET, startTestIdentity, unique } from '#test/support/identity.ts';
import type { Browser, Page } from '#test/support/identity-browser.ts';
import { createBrowser, formOn } from '#test/support/identity-browser.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { testTls } from '#test/support/tls.ts';

const REDIRECT = 'http://127.0.0.1:43117/callback';
const SCOPE = 'openid profile email offline_access kms:read kms:crypto';

let running: TestIdentity;
let client: oidc.Configuration;

beforeAll(async () => {
  running = await startTestIdentity();
  client = await discover('demo-public-client', oidc.None());
});
afterAll(() => running[Symbol.asyncDispose]());

const discover = (clientId: string, authentication: oidc.ClientAuth): Promise<oidc.Configuration> =>
  oidc.discovery(new URL(ISSUER), clientId, undefined, authentication, { [oidc.customFetch]: running.fetch as oidc.CustomFetch });

interface LogIn {
  readonly browser: Browser;
  readonly callback: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

const browse = (): Browser => createBrowser({ fetch: running.fetch, origin: ISSUER });

const authorizationUrl = async (change: Record<string, string | undefined> = {}) => {
  const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), unique('state'), unique('nonce')];
  const parameters = {
    redirect_uri: REDIRECT,
    scope: SCOPE,
    resource: KMS_RESOURCE,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...change,
  };
  const present = Object.fromEntries(Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { url: oidc.buildAuthorizationUrl(client, present).href, verifier, state, nonce };
};

const logIn = async (
  options: { username?: string; browser?: Browser; change?: Record<string, string | undefined> } = {},
): Promise<LogIn> => {
  const { username = 'demo-user', browser = browse() } = options;
  const { url, ...rest } = await authorizationUrl(options.change);
  let page = await browser.visit(url);
  if (page.url.includes('/login/')) page = await browser.submit(page, { username, password: `${username}-password`, decision: 'login' });
  if (page.url.includes('/consent/')) page = await browser.submit(page, { decision: 'allow' });
  return { browser, callback: new URL(page.url), ...rest };
};

const exchange = ({ callback, verifier, state, nonce }: LogIn) =>
  oidc.authorizationCodeGrant(client, callback, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });

const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

const kms = () => discover('passthru-kms', oidc.ClientSecretBasic(KMS_CLIENT_SECRET));

describe('an independent OpenID client', () => {
  it('logs in with PKCE by the pages alone and gets an ID token, an access token for the KMS and a refresh token', async () => {
    const tokens = await exchange(await logIn());
    expect(tokens.claims()).toMatchObject({ iss: ISSUER, aud: 'demo-public-client' });
    expect(tokens.refresh_token).toEqual(expect.any(String));
    const { demo } = running.identity;
    expect(claimsOf(tokens.access_token)).toMatchObject({
      iss: ISSUER,
      aud: KMS_RESOURCE,
      client_id: 'demo-public-client',
      sub: tokens.claims()?.sub,
      scope: expect.stringContaining('kms:crypto'),
      tenant_id: (await demo?.state())?.tenants.demo,
      roles: ['user'],
    });
  });

  it('reads who has logged in with a token for userinfo, and with one for the KMS', async () => {
    const tokens = await exchange(await logIn({ change: { scope: 'openid profile email', resource: undefined } }));
    const sub = tokens.claims()?.sub ?? '';
    expect(await oidc.fetchUserInfo(client, tokens.access_token, sub)).toMatchObject({
      sub,
      preferred_username: 'demo-user',
      email: 'demo-user@passthru.demo.local',
    });
    const forKms = await exchange(await logIn());
    expect(await oidc.fetchUserInfo(client, forKms.access_token, sub)).toMatchObject({ sub, preferred_username: 'demo-user' });
  });

  it('rotates refresh tokens, gives the next one again while it is unused, and after that a used one costs the whole family', async () => {
    const first = await exchange(await logIn());
    const second = await oidc.refreshTokenGrant(client, first.refresh_token ?? '', { resource: KMS_RESOURCE });
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const repeated = await oidc.refreshTokenGrant(client, first.refresh_token ?? '');
    expect(repeated.refresh_token).toBe(second.refresh_token);
    const third = await oidc.refreshTokenGrant(client, second.refresh_token ?? '');
    await expect(oidc.refreshTokenGrant(client, first.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(oidc.refreshTokenGrant(client, third.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(await oidc.tokenIntrospection(await kms(), second.access_token)).toMatchObject({ active: false });
  });

  it('revokes an access token, which the KMS learns by introspection', async () => {
    const tokens = await exchange(await logIn());
    const resourceServer = await kms();
    expect(await oidc.tokenIntrospection(resourceServer, tokens.access_token)).toMatchObject({
      active: true,
      client_id: 'demo-public-client',
      sub: tokens.claims()?.sub,
    });
    await oidc.tokenRevocation(client, tokens.access_token);
    expect(await oidc.tokenIntrospection(resourceServer, tokens.access_token)).toEqual({ active: false });
  });

  it('logs out after a question and returns to its own page', async () => {
    const session = await logIn();
    const tokens = await exchange(session);
    const url = oidc.buildEndSessionUrl(client, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'http://127.0.0.1:43117/logged-out',
      state: session.state,
    });
    const question = await session.browser.visit(url.href);
    expect(question.html).toContain('Log out?');
    expect(question.headers.get('content-security-policy')).toContain("form-action 'self' http://127.0.0.1:43117");
    const end = new URL((await session.browser.submit(question, { logout: 'yes' })).url);
    expect(`${end.origin}${end.pathname}`).toBe('http://127.0.0.1:43117/logged-out');
    expect(end.searchParams.get('state')).toBe(session.state);
    const again = await session.browser.visit((await authorizationUrl()).url);
    expect(again.url).toContain('/login/');
  });

  it('gets a token for itself by client credentials, with its own tenant, and none with a wrong password', async () => {
    const confidential = await discover('demo-confidential-client', oidc.ClientSecretBasic('demo-confidential-client-password'));
    const tokens = await oidc.clientCredentialsGrant(confidential, { scope: 'kms:read kms:crypto', resource: KMS_RESOURCE });
    const state = await running.identity.demo?.state();
    expect(claimsOf(tokens.access_token)).toMatchObject({
      aud: KMS_RESOURCE,
      tenant_id: state?.tenants.demo,
      scope: 'kms:read kms:crypto',
    });
    const wrong = await discover('demo-confidential-client', oidc.ClientSecretBasic(unique('wrong')));
    await expect(oidc.clientCredentialsGrant(wrong, { resource: KMS_RESOURCE })).rejects.toMatchObject({ status: 401 });
  });

  it('gives the short-lived client tokens of one second', async () => {
    const short = await discover('demo-short-lived-client', oidc.ClientSecretBasic('demo-short-lived-client-password'));
    const tokens = await oidc.clientCredentialsGrant(short, { scope: 'kms:read', resource: KMS_RESOURCE });
    expect(tokens.expires_in).toBe(1);
  });
});

const errorOf = async (change: Record<string, string | undefined>): Promise<string | null> => {
  const page = await browse().visit((await authorizationUrl(change)).url);
  return page.url.startsWith(REDIRECT) ? new URL(page.url).searchParams.get('error') : `page ${page.status}`;
};

describe('the authorization refuses', () => {
  it('a request without a challenge', async () => {
    expect(await errorOf({ code_challenge: undefined, code_challenge_method: undefined })).toBe('invalid_request');
  });

  it('the method plain', async () => {
    expect(await errorOf({ code_challenge_method: 'plain' })).toBe('invalid_request');
  });

  it('a foreign redirect URI, with a page and never with a redirect', async () => {
    expect(await errorOf({ redirect_uri: `https://attacker.test/${randomUUIDv7()}` })).toBe('page 400');
  });

  it('a wrong verifier', async () => {
    const session = await logIn();
    await expect(exchange({ ...session, verifier: oidc.randomPKCECodeVerifier() })).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('a code that was used, and the tokens of its first use end with it', async () => {
    const session = await logIn();
    const tokens = await exchange(session);
    await expect(exchange(session)).rejects.toMatchObject({ error: 'invalid_grant' });
    await expect(oidc.refreshTokenGrant(client, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

const loginPage = async (browser = browse()): Promise<Page> => browser.visit((await authorizationUrl()).url);

describe('the log-in page', () => {
  it('is shown with a strict policy that allows the way back to the client, in no frame, tells nobody where one came from, and is not kept', async () => {
    const page = await loginPage();
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' http://127.0.0.1:43117");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('strict-transport-security')).not.toBeNull();
  });

  it('comes back with one sentence for a wrong password and for an unknown name alike', async () => {
    const browser = browse();
    const page = await loginPage(browser);
    const texts: string[] = [];
    for (const username of ['demo-user', unique('nobody')]) {
      const answer = await browser.submit(page, { username, password: unique('wrong'), decision: 'login' });
      expect(answer.status).toBe(403);
      texts.push(/role="alert">([^<]*)</.exec(answer.html)?.[1] ?? 'none');
    }
    expect(texts).toEqual(['The user name or the password is wrong.', 'The user name or the password is wrong.']);
  });

  it('shows a hostile user name as text', async () => {
    const browser = browse();
    const answer = await browser.submit(await loginPage(browser), {
      username: '"><script>alert(1)</script>',
      password: 'x',
      decision: 'login',
    });
    expect(answer.html).not.toContain('<script>');
    expect(answer.html).toContain('&quot;&gt;&lt;script&gt;');
  });

  it('asks for a wait after many failures at once and says how long', async () => {
    const browser = browse();
    const page = await loginPage(browser);
    const username = unique('victim');
    const guesses = Array.from({ length: 45 }, (_, n) => browser.submit(page, { username, password: `wrong-${n}`, decision: 'login' }));
    const answers = await Promise.all(guesses);
    expect(answers.map(({ status }) => status)).toContain(403);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toMatch(/^[1-6]$/);
    expect(refused?.html).toMatch(/Wait [1-6] s and try again\./);
    expect((await browser.submit(page, { username: 'demo-user', password: 'demo-user-password', decision: 'login' })).url).toContain(
      '/consent/',
    );
  });

  it('refuses a form without its token, with one of another form, and without its cookie', async () => {
    const fields = { username: 'demo-user', password: 'demo-user-password', decision: 'login' };
    const browser = browse();
    const { action } = formOn(await loginPage(browser));
    const other = formOn(await loginPage());
    for (const token of ['', 'x'.repeat(40), other.fields._csrf ?? 'none']) {
      const page = await browser.post(action, { ...fields, _csrf: token });
      expect([page.status, page.html]).toEqual([403, expect.stringContaining('csrf-token-invalid')]);
    }
    const stolen = browse();
    const { action: target, fields: hidden } = formOn(await loginPage(stolen));
    for (const key of stolen.jar.keys()) if (key.startsWith('__Host-passthru-csrf')) stolen.jar.delete(key);
    expect((await stolen.post(target, { ...hidden, ...fields })).status).toBe(403);
  });

  it('belongs to one browser: another one, or one that blocks cookies, gets a page that says so', async () => {
    const page = await browse().visit((await loginPage()).url);
    expect(page.status).toBe(400);
    expect(page.html).toContain('cookies-missing');
    expect(page.html).toContain('blocks cookies');
    expect(page.headers.get('content-type')).toContain('text/html');
  });

  it('answers input of the wrong form with a page of status 400', async () => {
    const browser = browse();
    const form = formOn(await loginPage(browser));
    const page = await browser.post(form.action, { ...form.fields, decision: 'other' });
    expect(page.status).toBe(400);
    expect((await browser.post(form.action, { ...form.fields, extra: '1' })).status).toBe(400);
  });

  it('lets one cancel: the client learns access_denied', async () => {
    const browser = browse();
    const end = await browser.submit(await loginPage(browser), { decision: 'cancel' });
    expect(new URL(end.url).searchParams.get('error')).toBe('access_denied');
  });

  it('fills in the login_hint', async () => {
    const page = await browse().visit((await authorizationUrl({ login_hint: 'demo-user' })).url);
    expect(page.html).toMatch(/<input id="username"[^>]* value="demo-user"/);
  });

  it('rotates the session when somebody logs in', async () => {
    const browser = browse();
    const page = await loginPage(browser);
    const before = [...browser.jar.values()].find(({ name }) => /^__Host-passthru-session-\w+$/.test(name))?.value;
    await browser.submit(page, { username: 'demo-user', password: 'demo-user-password', decision: 'login' });
    const after = [...browser.jar.values()].find(({ name }) => /^__Host-passthru-session-\w+$/.test(name))?.value;
    expect(after).toEqual(expect.any(String));
    expect(after).not.toBe(before);
  });
});

const consent = async (browser: Browser, change: Record<string, string> = {}): Promise<Page> => {
  const page = await browser.visit((await authorizationUrl(change)).url);
  return browser.submit(page, { username: 'demo-user', password: 'demo-user-password', decision: 'login' });
};

describe('the consent page', () => {
  it('names the client, the user, the resource and what is asked for, and no more than the account may hold', async () => {
    const page = await consent(browse(), { scope: `${SCOPE} kms:admin` });
    for (const text of ['Demo Public Client', 'demo-user', KMS_RESOURCE, 'Key management service', 'kms:crypto', '127.0.0.1:43117']) {
      expect(page.html).toContain(text);
    }
    expect(page.html).not.toContain('kms:admin');
  });

  it('sends access_denied to the client when the user says no', async () => {
    const browser = browse();
    const end = new URL((await browser.submit(await consent(browser), { decision: 'deny' })).url);
    expect(end.searchParams.get('error')).toBe('access_denied');
    expect(end.searchParams.get('iss')).toBe(ISSUER);
  });

  it('refuses a form without its token', async () => {
    const browser = browse();
    const { action } = formOn(await consent(browser));
    expect((await browser.post(action, { decision: 'allow', _csrf: '' })).status).toBe(403);
  });
});

describe('health', () => {
  it('says that the process is alive and that the database is up', async () => {
    expect((await running.fetch(`${ISSUER}/livez`)).status).toBe(200);
    const ready = await running.fetch(`${ISSUER}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'ready', dependencies: { database: { state: 'up', required: true, cause: null } } });
  });

  it('shows the jobs of the provider', async () => {
    const ready = (await (await running.fetch(`${ISSUER}/readyz`)).json()) as { readonly jobs: Readonly<Record<string, unknown>> };
    expect(Object.keys(ready.jobs)).toEqual(expect.arrayContaining(['sweep-expired-tokens', 'reload-signing-keys']));
  });

  it('shows a browser at its root where to go on, and tells programs the same; no link leads nowhere', async () => {
    const page = await running.fetch(`${ISSUER}/`, { headers: { accept: 'text/html,application/xhtml+xml' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const answer = await running.fetch(`${ISSUER}/`);
    const { name, links } = (await answer.json()) as { readonly name: string; readonly links: readonly { readonly path: string }[] };
    expect([name, links.length]).toEqual(['passthru Identity', 5]);
    const html = await page.text();
    for (const { path } of links) {
      expect(html).toContain(`<a href="${path}">`);
      expect([path, (await running.fetch(`${ISSUER}${path}`)).status]).toEqual([path, 200]);
    }
  });

  it('serves the style sheet that the pages name', async () => {
    const answer = await running.fetch(`${ISSUER}/assets/passthru.css`);
    expect(answer.headers.get('content-type')).toContain('text/css');
    expect(await answer.text()).toContain(':focus-visible');
  });
});

describe('the public listener', () => {
  it('answers 429 to an address that asks too often, at the endpoints of the provider too, and lets health through', async () => {
    await using other = await startTestIdentity({ overlay: { server: { rate_limit: { max: 3, window_seconds: 60 } } } });
    const ask = async (path: string) => other.fetch(`${ISSUER}${path}`);
    for (let i = 0; i < 5; i += 1) expect((await ask('/livez')).status).toBe(200);
    const statuses = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await ask('/.well-known/jwks.json')).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await other.fetch(`${ISSUER}/oauth2/token`, { method: 'POST' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    expect((await ask('/readyz')).status).toBe(200);
  });
});

describe('a demo reset', () => {
  it('ends what hung on the old accounts and clients: session, refresh token, access tokens', async () => {
    await using other = await startTestIdentity();
    const config = (clientId: string, authentication: oidc.ClientAuth) =>
      oidc.discovery(new URL(ISSUER), clientId, undefined, authentication, { [oidc.customFetch]: other.fetch as oidc.CustomFetch });
    const [publicClient, confidential, resourceServer] = await Promise.all([
      config('demo-public-client', oidc.None()),
      config('demo-confidential-client', oidc.ClientSecretBasic('demo-confidential-client-password')),
      config('passthru-kms', oidc.ClientSecretBasic(KMS_CLIENT_SECRET)),
    ]);
    const browser = createBrowser({ fetch: other.fetch, origin: ISSUER });
    const session = await logIn({ browser });
    const tokens = await oidc.authorizationCodeGrant(publicClient, session.callback, {
      pkceCodeVerifier: session.verifier,
      expectedState: session.state,
      expectedNonce: session.nonce,
    });
    const own = await oidc.clientCredentialsGrant(confidential, { scope: 'kms:read', resource: KMS_RESOURCE });
    for (const token of [tokens.access_token, own.access_token]) {
      expect(await oidc.tokenIntrospection(resourceServer, token)).toMatchObject({ active: true });
    }

    const { demo } = other.identity;
    const reset = await demo?.reset();
    await demo?.commit(reset?.resetId ?? '');
    for (const token of [tokens.access_token, own.access_token]) {
      expect(await oidc.tokenIntrospection(resourceServer, token)).toEqual({ active: false });
    }
    await expect(oidc.refreshTokenGrant(publicClient, tokens.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await browser.visit((await authorizationUrl()).url)).url).toContain('/login/');
    const again = await oidc.clientCredentialsGrant(confidential, { scope: 'kms:read', resource: KMS_RESOURCE });
    expect(claimsOf(again.access_token)).toMatchObject({ tenant_id: reset?.tenants.demo });
  });
});

describe('Identity whose telemetry collector is down', () => {
  it('is ready all the same and says so', async () => {
    const telemetry = { ...noTelemetry(), probe: () => Promise.reject(new Error('collector refused the connection')) };
    await using folder = await temporaryDirectory();
    const tls = await testTls(folder.path);
    const overlay = { telemetry: { endpoint: 'https://localhost:1', tls: tls.leaf('client') } };
    await using other = await startTestIdentity({ telemetry, overlay });
    const answer = await other.fetch(`${ISSUER}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      dependencies: { telemetry: { state: 'down', required: false, cause: 'collector refused the connection' } },
    });
  });
});

describe('Identity in minimal detail', () => {
  it('says to everybody only whether it can serve, and to operators on what it depends', async () => {
    await using other = await startTestIdentity({ overlay: { errors: { detail: 'minimal' } } });
    expect(await (await other.fetch(`${ISSUER}/readyz`)).json()).toEqual({ status: 'ready' });
    expect(await (await other.admin('/readyz')).json()).toMatchObject({ status: 'ready', dependencies: { database: { state: 'up' } } });
  });
});
