import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { missingBrowser, RETRY_ON_NEW_NETWORK, startChromium } from '#test/support/chromium.ts';
import { ISSUER, startTestIdentity, unique } from '#test/support/identity.ts';

const missing = await missingBrowser();
if (missing !== null) process.stderr.write(`the pages are not tested in a browser: ${missing}\n`);

/** Where to keep pictures of the pages, for somebody to look at. */
const SCREENSHOTS = process.env['PASSTHRU_TEST_SCREENSHOTS'];

const picture = async (page: Page, name: string): Promise<void> => {
  if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
};

/** The client's own end of the redirect, on a loopback port. */
const startCallback = async () => {
  /** What came by POST. */
  const forms: URLSearchParams[] = [];
  /** Pages of somebody else, by their path. */
  const pages = new Map<string, string>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    if (request.method === 'POST') forms.push(new URLSearchParams(body));
    const page = pages.get(request.url?.split('?')[0] ?? '');
    if (page !== undefined) return void response.setHeader('content-type', 'text/html').end(page);
    response.setHeader('content-type', 'text/html').end('<title>callback</title>arrived');
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, origin: `http://127.0.0.1:${port}`, forms, pages, [Symbol.asyncDispose]: async () => void server.close() };
};

/** A single-page app: it asks discovery, token endpoint and userinfo by `fetch`, and puts what it learns into its title. */
const APP = `
const client_id = 'demo-browser-client', redirect_uri = location.origin + '/';
const { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri } = await (await fetch('${ISSUER}/.well-known/openid-configuration')).json();
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const post = async (form) => (await fetch(token_endpoint, { method: 'POST', body: new URLSearchParams({ client_id, ...form }) })).json();
const code = new URLSearchParams(location.search).get('code');
if (code === null) {
  const code_verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.setItem('verifier', code_verifier);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code_verifier));
  const query = { client_id, redirect_uri, response_type: 'code', scope: 'openid profile kms:read', state: 'app', code_challenge_method: 'S256', code_challenge: base64url(new Uint8Array(digest)) };
  location.assign(authorization_endpoint + '?' + new URLSearchParams(query));
} else {
  const { keys } = await (await fetch(jwks_uri)).json();
  const tokens = await post({ grant_type: 'authorization_code', code, redirect_uri, code_verifier: sessionStorage.getItem('verifier') });
  const who = await (await fetch(userinfo_endpoint, { headers: { authorization: 'Bearer ' + tokens.access_token } })).json();
  const again = await post({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  document.title = who.preferred_username + ': ' + tokens.scope + (keys.length > 0 && again.access_token ? ', refreshed' : '');
}`;

const setup = async (context: { readonly javaScriptEnabled?: boolean; readonly colorScheme?: 'light' | 'dark' } = {}) => {
  await using opened = new AsyncDisposableStack();
  const identity = opened.use(await startTestIdentity());
  const callback = opened.use(await startCallback());
  const { browser } = opened.use(
    await startChromium({ caFile: identity.tls.caFile, ports: { 'localhost:8082': identity.port, 'localhost:5173': callback.port } }),
  );
  const page = await (await browser.newContext({ viewport: { width: 900, height: 760 }, ...context })).newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  /** What browsers asked the authorization endpoint for, and where they were sent. */
  const authorizations: { readonly dest: unknown; readonly location: string }[] = [];
  identity.identity.app.server.on('request', ({ url: target = '', headers }: IncomingMessage, response: ServerResponse) => {
    if (!target.startsWith('/oauth2/authorize?')) return;
    response.once('finish', () =>
      authorizations.push({ dest: headers['sec-fetch-dest'], location: String(response.getHeader('location')) }),
    );
  });
  const url = new URL(`${ISSUER}/oauth2/authorize`);
  url.search = new URLSearchParams({
    client_id: 'demo-public-client',
    response_type: 'code',
    redirect_uri: `${callback.origin}/callback`,
    scope: 'openid profile offline_access kms:read kms:crypto',
    resource: KMS_RESOURCE,
    state: unique('state'),
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url'),
  }).toString();
  const resources = opened.move();
  return { page, callback, complaints, authorizations, url: url.href, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};

describe.skipIf(missing !== null)('the pages in Chromium', { retry: RETRY_ON_NEW_NETWORK }, () => {
  it('are opened by no picture, frame, script or request that a page of somebody else makes', async () => {
    await using test = await setup();
    const { page, callback, authorizations, url } = test;
    const at = (what: string): string => `${url}&nonce=${what}`.replaceAll('&', '&amp;');
    callback.pages.set(
      '/prepared',
      `<!doctype html><title>prepared</title><img src="${at('image')}"><iframe src="${at('frame')}"></iframe><script src="${at('script')}"></script>
      <script>fetch(${JSON.stringify(`${url}&nonce=fetch`)}, { mode: 'no-cors', credentials: 'include' }).catch(() => {});</script>`,
    );

    await page.goto(`${callback.origin}/prepared`);

    await expect.poll(() => authorizations.map(({ dest }) => dest).toSorted()).toEqual(['empty', 'iframe', 'image', 'script']);
    for (const { location } of authorizations) expect(location).toContain('error=interaction_required');
    // The same address in a window opens one.
    await page.goto(url);
    expect([page.url(), authorizations.at(-1)?.dest]).toEqual([expect.stringMatching(/\/login\//), 'document']);
  });

  it('lead to the client by keyboard alone and without JavaScript, and break no policy on the way', async () => {
    await using test = await setup({ javaScriptEnabled: false });
    const { page, complaints, callback } = test;
    await page.goto(test.url);
    await picture(page, 'login-light');
    await page.locator('input[name=username]:focus').waitFor();
    await page.keyboard.type('demo-user');
    await page.keyboard.press('Tab');
    await page.locator('input[name=password]:focus').waitFor();
    await page.keyboard.type('demo-user-password');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/consent\//);
    await picture(page, 'consent-light');
    // The name of the product comes first, which leads to the start.
    await page.keyboard.press('Tab');
    await page.locator('a:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.locator('button[value=allow]:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${callback.origin}/callback?**`);
    expect(new URL(page.url()).searchParams.get('code')).toEqual(expect.any(String));
    expect(new URL(page.url()).searchParams.get('iss')).toBe(ISSUER);
    expect(complaints).toEqual([]);
  });

  it.each([true, false])('lead a code and an error by a form to the client, script or no script: %s', async (javaScriptEnabled) => {
    await using test = await setup({ javaScriptEnabled });
    const { page, callback, complaints } = test;
    const url = `${test.url}&response_mode=form_post`;
    const arrived = async (count: number): Promise<URLSearchParams | undefined> => {
      // Without a script the page stays, and its button goes on.
      if (!javaScriptEnabled) await page.getByRole('button', { name: 'Continue' }).click();
      await page.waitForURL(`${callback.origin}/callback`);
      expect(callback.forms).toHaveLength(count);
      return callback.forms.at(-1);
    };
    // A page that posts its form by itself may do so before it is loaded, which would interrupt a visit that waits for that.
    const visit = (address: string): Promise<unknown> => page.goto(address, { waitUntil: 'commit' });
    const byOurselves = async (): Promise<void> => {
      await page.getByLabel('User name').fill('demo-user');
      await page.getByLabel('Password').fill('demo-user-password');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('button', { name: 'Allow' }).click();
    };

    // An error before anybody is asked, a code after the pages, an error by the pages, and one with a session: who else is this native client?
    await visit(`${url}&prompt=none`);
    const [unasked, code] = [await arrived(1), (await visit(url), await byOurselves(), await arrived(2))];
    await visit(`${url}&prompt=consent`);
    await page.getByRole('button', { name: 'Deny' }).click();
    const denied = await arrived(3);
    await visit(`${url}&prompt=none`);
    const silent = await arrived(4);

    expect([unasked, denied, silent].map((form) => form?.get('error'))).toEqual([
      'login_required',
      'access_denied',
      'interaction_required',
    ]);
    expect(code?.get('code')).toEqual(expect.any(String));
    for (const form of callback.forms) expect(form.get('iss')).toBe(ISSUER);
    expect(complaints.filter((complaint) => complaint.includes('Content Security Policy'))).toEqual([]);
  });

  it('let an app of scripts at another origin log somebody in, and read who he is', async () => {
    await using test = await setup();
    const { page, complaints, callback } = test;
    const app = 'http://localhost:5173/';
    // Of the loopback itself: Chromium lets no page of elsewhere ask there.
    const html = `<!doctype html><title>app</title><script type="module">${APP}</script>`;
    callback.pages.set('/', html);

    await page.goto(app);
    await page.getByLabel('User name').fill('demo-user');
    await page.getByLabel('Password').fill('demo-user-password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.waitForURL(`${app}?**`);

    await expect.poll(() => page.title()).toBe('demo-user: openid profile kms:read, refreshed');
    expect(complaints.filter((complaint) => !complaint.includes('favicon'))).toEqual([]);
  });

  it('show a wrong password as an alert, in the dark too, and keep the user name', async () => {
    await using test = await setup({ colorScheme: 'dark' });
    const { page, complaints } = test;
    await page.goto(test.url);
    await page.getByLabel('User name').fill('demo-user');
    await page.getByLabel('Password').fill(unique('wrong'));
    await page.getByRole('button', { name: 'Log in' }).click();
    expect(await page.getByRole('alert').textContent()).toBe('The user name or the password is wrong.');
    expect(await page.getByLabel('User name').inputValue()).toBe('demo-user');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await picture(page, 'login-dark-wrong');
    await page.getByLabel('Password').fill('demo-user-password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await picture(page, 'consent-dark');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.waitForURL(`${test.callback.origin}/callback?**`);
    expect(new URL(page.url()).searchParams.get('error')).toBe('access_denied');
    // The browser reports the refused log-in itself; nothing else is wrong.
    expect(complaints.filter((text) => !text.includes('403'))).toEqual([]);
  });

  it('are styled by the one style sheet, on a narrow screen without a horizontal scroll bar', async () => {
    await using test = await setup();
    const { page } = test;
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(test.url);
    const [scroll, background] = await page.evaluate<[number, string]>(
      `[document.documentElement.scrollWidth, getComputedStyle(document.querySelector('button.primary')).backgroundColor]`,
    );
    expect(scroll).toBeLessThanOrEqual(320);
    expect(background).toBe('rgb(29, 91, 184)');
    await picture(page, 'login-narrow');
  });

  it('show an error that no client may be told of, and the question before a log-out', async () => {
    await using test = await setup();
    const { page } = test;
    await page.goto(test.url.replace('demo-public-client', unique('nobody')));
    expect(await page.getByRole('heading').textContent()).toBe('This did not work');
    await picture(page, 'error');
    await page.goto(test.url);
    await page.getByLabel('User name').fill('demo-user');
    await page.getByLabel('Password').fill('demo-user-password');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(/\/consent\//);
    await page.goto(`${ISSUER}/oidc/logout`);
    expect(await page.getByRole('heading').textContent()).toBe('Log out?');
    await picture(page, 'logout');
    await page.getByRole('button', { name: 'Stay logged in' }).click();
    expect(await page.getByRole('heading').textContent()).toBe('You are still logged in');
    await picture(page, 'still-logged-in');
    await page.goto(`${ISSUER}/oidc/logout`);
    // Still somebody to ask.
    expect(await page.getByRole('heading').textContent()).toBe('Log out?');
    await page.getByRole('button', { name: 'Log out' }).click();
    expect(await page.getByRole('heading').textContent()).toBe('You are logged out');
    await picture(page, 'logged-out');
  });
});
