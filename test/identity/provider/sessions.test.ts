import { describe, expect, test } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, aServiceClient, ISSUER, type Tokens } from '#test/identity/support/identity-provider.ts';
import { sessionCookieName } from '#identity/provider/session-cookie.ts';
import type { Browser } from '#test/identity/support/browser.ts';

const SESSION = sessionCookieName(ISSUER);

const sessionOf = (browser: Browser): string | undefined => browser.cookies().find(({ name }) => name === SESSION)?.value;

/** Starts an authorization and stops at the first page. */
const firstPage = async (browser: Browser, url: URL): Promise<string> =>
  new URL((await browser.request({ url })).headers.location ?? '', ISSUER).href;

describe.each(databaseKinds())('sessions and interactions on %s', (kind) => {
  test('cookies are signed, bound to host and path, closed to scripts and sent over TLS only', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const browser = provider.browser();

    const start = await browser.request({ url: provider.attempt(client).url });
    await provider.walk(browser, provider.attempt(client).url, account);

    const headers = start.setCookies;
    expect(headers.map((header) => header.slice(0, header.indexOf('='))).toSorted()).toEqual([
      '__Secure-passthru-interaction',
      '__Secure-passthru-interaction.sig',
      '__Secure-passthru-resume',
      '__Secure-passthru-resume.sig',
    ]);
    for (const header of headers) expect(header).toMatch(/; path=\/(login|oauth2\/authorize)\/[\w-]+;.*; samesite=lax; secure; httponly/i);
    expect(
      browser
        .cookies()
        .filter(({ name }) => name.startsWith(SESSION))
        .map(({ name, path }) => [name, path]),
    ).toEqual([
      [SESSION, '/'],
      [`${SESSION}.sig`, '/'],
    ]);
  });

  test('logging in changes the session id: one that was planted before is worth nothing', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const browser = provider.browser();
    // Logging out without a session gives one that belongs to nobody.
    await browser.request({ url: `${ISSUER}/oidc/logout` });
    const before = sessionOf(browser);

    await provider.walk(browser, provider.attempt(client).url, account);

    expect(before).toEqual(expect.any(String));
    expect(sessionOf(browser)).not.toBe(before);
    const rows = await provider.database.db.selectFrom('oidc_payloads').select('account_id').where('model', '=', 'Session').execute();
    expect(rows).toEqual([{ account_id: account.accountId }]);
  });

  test('a session cookie that is not signed, or signed wrongly, is nobody', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const browser = provider.browser();
    await provider.walk(browser, provider.attempt(client).url, account);
    const cookie = `${SESSION}=${sessionOf(browser)}; ${SESSION}.sig=${'A'.repeat(43)}`;

    const forged = await provider.send({ url: provider.attempt(client).url, headers: { cookie } });
    const unsigned = await provider.send({ url: provider.attempt(client).url, headers: { cookie: `${SESSION}=${sessionOf(browser)}` } });
    const own = await provider.walk(browser, provider.attempt(client).url);

    expect([forged, unsigned].map(({ headers }) => headers.location)).toEqual([
      expect.stringContaining('/login/'),
      expect.stringContaining('/login/'),
    ]);
    expect(own.pages).toEqual(['consent']);
  });

  test('the details say what is wanted and by whom, and only what the account may hold', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount({ roles: ['user'] }), aClient()];
    provider.register(account, client);
    const browser = provider.browser();
    const attempt = provider.attempt(client, { scope: 'openid profile kms:read kms:write', login_hint: 'someone' });

    const login = await firstPage(browser, attempt.url);
    const loginDetails = (await browser.request({ url: login })).json<Record<string, unknown>>();
    const resume = (await browser.request({ method: 'POST', url: login, body: { account_id: account.accountId } })).headers.location ?? '';
    const consent = await firstPage(browser, new URL(resume, ISSUER));
    const consentDetails = (await browser.request({ url: consent })).json<Record<string, unknown>>();

    expect(loginDetails).toMatchObject({
      prompt: 'login',
      client: { id: client.clientId, name: client.name },
      params: { login_hint: 'someone' },
    });
    expect(loginDetails).not.toHaveProperty('session');
    expect(consentDetails).toMatchObject({
      prompt: 'consent',
      session: { accountId: account.accountId },
      missingScopes: ['openid', 'profile'],
      missingResourceScopes: { 'urn:passthru:kms': ['kms:read'] },
    });
  });

  test('an interaction belongs to the browser that began it, to its prompt, and ends with it', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const [mine, foreign] = [provider.browser(), provider.browser()];
    const login = await firstPage(mine, provider.attempt(client).url);
    const body = { account_id: account.accountId };

    const stolen = await foreign.request({ method: 'POST', url: login, body });
    const consentInstead = await mine.request({ method: 'POST', url: login, body: { decision: 'allow' } });
    const first = await mine.request({ method: 'POST', url: login, body });
    const { callback } = await provider.walk(mine, new URL(first.headers.location ?? '', ISSUER), account);
    const again = await mine.request({ method: 'POST', url: login, body });
    const resumedAgain = await mine.request({ url: new URL(first.headers.location ?? '', ISSUER) });

    expect([stolen.status, stolen.json<{ code: string }>().code]).toEqual([400, 'cookies-missing']);
    expect([consentInstead.status, consentInstead.json<{ code: string }>().code]).toEqual([409, 'interaction-mismatch']);
    expect(callback?.searchParams.has('code')).toBe(true);
    expect(again.status).toBe(404);
    expect(resumedAgain.status).toBe(400);
  });

  test('a consent page cannot be answered with a log-in', async () => {
    await using provider = await providerOn(kind);
    const [account, other, client] = [anAccount(), anAccount(), aClient()];
    provider.register(account, other, client);
    const browser = provider.browser();
    await provider.walk(browser, provider.attempt(client).url, account);
    const consent = await firstPage(browser, provider.attempt(client).url);

    const answer = await browser.request({ method: 'POST', url: consent, body: { account_id: other.accountId } });

    expect([answer.status, answer.json<{ code: string }>().code]).toEqual([409, 'interaction-mismatch']);
    expect((await browser.request({ url: consent })).json()).toMatchObject({ session: { accountId: account.accountId } });
  });

  test('a user who refuses sends access_denied to the client, and nothing is granted', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);

    const { callback } = await provider.walk(provider.browser(), provider.attempt(client).url, account, 'deny');

    expect(Object.fromEntries(callback?.searchParams ?? [])).toMatchObject({
      error: 'access_denied',
      iss: ISSUER,
      state: expect.any(String),
    });
    expect(callback?.searchParams.has('code')).toBe(false);
    const grants = await provider.database.db.selectFrom('oidc_payloads').select('model').where('model', '=', 'Grant').execute();
    expect(grants).toEqual([]);
  });

  test('a web client asks the user once for a scope, and again only for a new one', async () => {
    await using provider = await providerOn(kind);
    const account = anAccount();
    const client = aClient({ applicationType: 'web', redirectUris: ['https://client.passthru.example/callback'] });
    provider.register(account, client);
    const browser = provider.browser();
    const pages = async (scope: string): Promise<readonly string[]> =>
      (
        await provider.walk(
          browser,
          provider.attempt(client, { scope, prompt: null, redirect_uri: 'https://client.passthru.example/callback' }).url,
          account,
        )
      ).pages;

    expect(await pages('openid kms:read')).toEqual(['login', 'consent']);
    expect(await pages('openid kms:read')).toEqual([]);
    expect(await pages('openid kms:read kms:crypto')).toEqual(['consent']);
    expect(await pages('openid kms:read kms:crypto')).toEqual([]);
  });

  test('prompt=none of somebody who is not logged in answers login_required', async () => {
    await using provider = await providerOn(kind);
    const client = aClient();
    provider.register(client);

    const { callback } = await provider.walk(provider.browser(), provider.attempt(client, { prompt: 'none' }).url);

    expect(callback?.searchParams.get('error')).toBe('login_required');
  });

  test('the session of a disabled account leads to the login page, not to a code and not to an error', async () => {
    await using provider = await providerOn(kind);
    const [account, other, client] = [anAccount(), anAccount(), aClient()];
    provider.register(account, other, client);
    const browser = provider.browser();
    await provider.walk(browser, provider.attempt(client).url, account);

    provider.accounts.delete(account.accountId);
    const { pages, callback } = await provider.walk(browser, provider.attempt(client).url);

    expect([pages, callback]).toEqual([['login'], null]);
    expect(provider.logged).toEqual([]);
  });

  test('an account that may hold nothing of what is asked for gets access_denied', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount({ roles: [], scopes: [] }), aClient()];
    provider.register(account, client);

    const { callback } = await provider.walk(provider.browser(), provider.attempt(client, { scope: 'kms:read', nonce: null }).url, account);

    expect(callback?.searchParams.get('error')).toBe('access_denied');
  });

  test('logout asks, ends the session, revokes what ends with it, and returns to the registered page', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const browser = provider.browser();
    const attempt = provider.attempt(client, { scope: 'openid kms:read' });
    const {
      id_token: idToken,
      refresh_token: refreshToken,
      access_token: accessToken,
    } = (await provider.exchange(attempt, await provider.code(attempt, account, browser))).json<{
      id_token: string;
      refresh_token: string;
      access_token: string;
    }>();
    const url = new URL('/oidc/logout', ISSUER);
    url.search = new URLSearchParams({
      id_token_hint: idToken,
      post_logout_redirect_uri: 'http://127.0.0.1:5/logged-out',
      state: 's-1',
    }).toString();

    const page = await browser.request({ url });
    const [, action = '', xsrf = ''] =
      /<form id="op\.logoutForm"[^>]*action="([^"]+)"[^>]*>.*?name="xsrf" value="([^"]+)"/s.exec(page.text) ?? [];
    const forged = await browser.request({ method: 'POST', url: action, form: { xsrf: 'wrong', logout: 'yes' } });
    const left = await browser.request({ method: 'POST', url: action, form: { xsrf, logout: 'yes' } });

    expect(page.headers['content-security-policy']).toMatch(/form-action 'self' http:\/\/127\.0\.0\.1:5$/);
    expect(page.text).toContain('Client &lt;b&gt;of&lt;/b&gt; the test');
    expect(forged.status).toBe(400);
    expect([left.status, left.headers.location]).toEqual([303, 'http://127.0.0.1:5/logged-out?state=s-1']);
    expect((await provider.walk(browser, provider.attempt(client).url)).pages).toEqual(['login']);
    const refreshed = await provider.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: refreshToken }, client);
    const introspected = await provider.post('/oauth2/introspect', { token: accessToken }, client);
    expect([refreshed.status, introspected.json()]).toEqual([400, { active: false }]);
  });

  test('who stays logged in keeps session and tokens, whatever the client asked for', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const browser = provider.browser();
    const attempt = provider.attempt(client, { scope: 'openid kms:read' });
    const tokens = (await provider.exchange(attempt, await provider.code(attempt, account, browser))).json<Tokens>();
    const before = sessionOf(browser);

    const page = await browser.request({ url: `${ISSUER}/oidc/logout?id_token_hint=${tokens.id_token}` });
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const stayed = await browser.request({ method: 'POST', url: `${ISSUER}/oidc/logout/confirm`, form: { xsrf } });

    expect([stayed.status, stayed.headers.location]).toEqual([200, undefined]);
    expect(stayed.text).toContain('You are still logged in');
    expect(stayed.headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(sessionOf(browser)).toBe(before);
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    expect((await provider.post('/oauth2/token', form, client)).status).toBe(200);
    expect((await provider.walk(browser, provider.attempt(client, { scope: 'openid kms:read', prompt: null }).url)).pages).not.toContain(
      'login',
    );
  });

  test('a refresh token with offline_access outlives the logout', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const browser = provider.browser();
    const attempt = provider.attempt(client);
    const tokens = (await provider.exchange(attempt, await provider.code(attempt, account, browser))).json<{ refresh_token: string }>();

    const page = await browser.request({ url: `${ISSUER}/oidc/logout` });
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const left = await browser.request({ method: 'POST', url: `${ISSUER}/oidc/logout/confirm`, form: { xsrf, logout: 'yes' } });
    const end = await browser.request({ url: left.headers.location ?? '' });

    expect([left.status, end.status]).toEqual([303, 200]);
    expect(end.text).toContain('You are logged out');
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    expect((await provider.post('/oauth2/token', form, client)).status).toBe(200);
  });

  test.each([
    ['a page that is not registered', { post_logout_redirect_uri: 'https://evil.example/' }],
    ['a hint that was not ours', { id_token_hint: 'eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4In0.' }],
  ])('logout refuses %s', async (_what, params) => {
    await using provider = await providerOn(kind);
    const client = aClient();
    provider.register(client);
    const url = new URL('/oidc/logout', ISSUER);
    url.search = new URLSearchParams({ ...('id_token_hint' in params ? {} : { client_id: client.clientId }), ...params }).toString();

    const response = await provider.browser().request({ url });

    expect(response.status).toBe(400);
    expect(response.headers.location).toBeUndefined();
  });

  test('logging in as somebody else ends the first session before the second begins', async () => {
    await using provider = await providerOn(kind);
    const [first, second, client] = [anAccount(), anAccount(), aClient()];
    provider.register(first, second, client);
    const browser = provider.browser();
    await provider.walk(browser, provider.attempt(client).url, first);
    const attempt = provider.attempt(client, { prompt: 'login consent' });

    const stopped = await provider.walk(browser, attempt.url, second);
    const form = Object.fromEntries(
      [...stopped.last.text.matchAll(/name="(\w+)" value="([^"]+)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const action = /action="([^"]+)"/.exec(stopped.last.text)?.[1] ?? '';
    const policy = stopped.last.headers['content-security-policy'] ?? '';
    const switched = await browser.request({ method: 'POST', url: action, form });
    const { callback } = await provider.walk(browser, new URL(switched.headers.location ?? '', ISSUER), second);

    // The one script of the provider runs by its hash; without scripts there is a button.
    expect(policy).toMatch(/; script-src 'sha256-[^']+'$/);
    expect(policy).toContain(`form-action 'self' ${new URL(attempt.redirectUri).origin}`);
    const tokens = (await provider.exchange(attempt, callback?.searchParams.get('code') ?? '')).json<{ id_token: string }>();
    expect(JSON.parse(Buffer.from(tokens.id_token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({ sub: second.accountId });
  });

  test('accounts and clients that are revoked lose sessions, grants and tokens, others keep theirs', async () => {
    await using provider = await providerOn(kind);
    const [account, other, client, otherClient] = [anAccount(), anAccount(), aClient(), aClient()];
    const service = aServiceClient({ scopes: ['opaque:read'] });
    provider.register(account, other, client, otherClient, service);
    await provider.tokens(client, account);
    await provider.tokens(otherClient, other, { scope: 'openid offline_access' });
    const kept = await provider.tokens(otherClient, other);
    await provider.post('/oauth2/token', { grant_type: 'client_credentials' }, service);
    await provider.browser().request({ url: provider.attempt(client).url });

    await provider.database.transaction(async (tx) => {
      await provider.openid.revokeForAccounts(tx, [account.accountId, 'nobody']);
      await provider.openid.revokeForClients(tx, [client.clientId, service.clientId]);
    });

    const rows = await provider.database.db.selectFrom('oidc_payloads').select(['model', 'account_id', 'client_id']).execute();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.account_id).toBe(other.accountId);
      expect([null, otherClient.clientId]).toContain(row.client_id);
    }
    const form = { grant_type: 'refresh_token', refresh_token: kept.refresh_token };
    expect((await provider.post('/oauth2/token', form, otherClient)).status).toBe(200);
  });
});
