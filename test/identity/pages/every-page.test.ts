import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STYLESHEET_URL } from '#infra/html/look.ts';
import { ISSUER, startTestIdentity, type TestIdentity, unique } from '#test/support/identity.ts';
import { type Browser, createBrowser, type Page } from '#test/support/identity-browser.ts';

const REDIRECT = 'http://127.0.0.1:43118/callback';

let running: TestIdentity;
beforeAll(async () => {
  running = await startTestIdentity();
});
afterAll(() => running[Symbol.asyncDispose]());

const browse = (): Browser => createBrowser({ fetch: running.fetch, origin: ISSUER });

const authorization = (change: Record<string, string> = {}): string => {
  const url = new URL(`${ISSUER}/oauth2/authorize`);
  url.search = new URLSearchParams({
    client_id: 'demo-public-client',
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid profile kms:read',
    state: unique('state'),
    code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url'),
    ...change,
  }).toString();
  return url.href;
};

const logIn = async (browser: Browser, username = 'demo-user'): Promise<Page> =>
  browser.submit(await browser.visit(authorization()), { username, password: `${username}-password`, decision: 'login' });

/** From a consent page of one account to the page between the two, as another logs in. */
const changeAccount = async (browser: Browser, username: string): Promise<Page> =>
  browser.submit(await browser.submit(await logIn(browser), { decision: 'other-account' }), {
    username,
    password: `${username}-password`,
    decision: 'login',
  });

const logOut = async (browser: Browser): Promise<Page> => {
  await logIn(browser);
  return browser.visit(`${ISSUER}/oidc/logout`);
};

const logOutToElsewhere = (browser: Browser): Promise<Page> =>
  browser.visit(`${ISSUER}/oidc/logout?client_id=demo-public-client&post_logout_redirect_uri=https%3A%2F%2Fattacker.test`);

const codesOfDevice = async () => {
  const form = { client_id: 'demo-device-client', scope: 'openid kms:read' };
  const answer = await running.fetch(`${ISSUER}/oauth2/device_authorization`, { method: 'POST', body: new URLSearchParams(form) });
  return (await answer.json()) as { readonly user_code: string; readonly verification_uri_complete: string };
};

/** The page on which a code is compared. */
const compare = async (browser: Browser): Promise<Page> =>
  browser.submit(await browser.visit(`${ISSUER}/device`), { user_code: (await codesOfDevice()).user_code });

const consentOfDevice = async (browser: Browser): Promise<Page> =>
  browser.submit(await browser.submit(await compare(browser), {}), { demo_account: 'demo-user' });

/** Logs in at Identity itself, and ends on a page of the account. */
const ownAccount = async (browser: Browser, path = '/account'): Promise<Page> => {
  const form = { username: 'demo-user', password: 'demo-user-password', decision: 'login' };
  const account = await browser.submit(await browser.visit(`${ISSUER}/account`), form);
  return path === '/account' ? account : browser.visit(`${ISSUER}${path}`);
};

/** Every page that there is: how one gets there, its status, and words of it. */
const PAGES: readonly (readonly [name: string, status: number, words: string, visit: (browser: Browser) => Promise<Page>])[] = [
  ['the start', 200, 'An OpenID provider', (browser) => browser.visit(`${ISSUER}/`)],
  ['the log-in', 200, 'Log in', (browser) => browser.visit(authorization())],
  [
    'a log-in that failed',
    403,
    'The user name or the password is wrong.',
    async (browser) => browser.submit(await browser.visit(authorization()), { username: 'nobody', password: 'x', decision: 'login' }),
  ],
  ['the consent', 200, 'Allow access?', (browser) => logIn(browser)],
  ['the change of the account', 200, 'Change the account', (browser) => changeAccount(browser, 'demo-admin')],
  [
    'an answer by a form',
    400,
    'sends you back to the application',
    (browser) => browser.visit(authorization({ response_mode: 'form_post', prompt: 'none' })),
  ],
  ['the question before a log-out', 200, 'Log out?', logOut],
  ['the end of a session', 200, 'You are logged out', async (browser) => browser.submit(await logOut(browser), { logout: 'yes' })],
  ['a session that goes on', 200, 'You are still logged in', async (browser) => browser.submit(await logOut(browser), {})],
  ['the code of a device', 200, 'Connect a device', (browser) => browser.visit(`${ISSUER}/device`)],
  [
    'the code of a device in the address',
    200,
    'Connect a device',
    async (browser) => browser.visit((await codesOfDevice()).verification_uri_complete),
  ],
  ['a code that is to be compared', 200, 'Compare the code', compare],
  ['the consent for a device', 200, 'for the device that showed you the code', consentOfDevice],
  [
    'a device that is connected',
    200,
    'Your device is connected',
    async (browser) => browser.submit(await consentOfDevice(browser), { decision: 'allow' }),
  ],
  ['a device that is refused', 200, 'You refused', async (browser) => browser.submit(await compare(browser), { abort: 'yes' })],
  [
    'a device that gets no consent',
    200,
    'You refused',
    async (browser) => browser.submit(await consentOfDevice(browser), { decision: 'deny' }),
  ],
  [
    'a code that there is not',
    400,
    'There is no such code',
    async (browser) => browser.submit(await browser.visit(`${ISSUER}/device`), { user_code: 'BBBB-BBBB' }),
  ],
  ['two codes in the address', 400, 'more than once', (browser) => browser.visit(`${ISSUER}/device?user_code=a&user_code=b`)],
  ['no code', 400, 'Enter the code', async (browser) => browser.submit(await browser.visit(`${ISSUER}/device`), { user_code: '' })],
  ['a code without cookies', 400, 'blocks cookies', (browser) => browser.post(`${ISSUER}/device`, { xsrf: 'x', user_code: 'x' })],
  ['a way back of a device without cookies', 400, 'blocks cookies', (browser) => browser.visit(`${ISSUER}/device/gone`)],
  ['a log-in for the account', 200, 'your account', (browser) => browser.visit(`${ISSUER}/account`)],
  ['the account', 200, 'You are logged in as', ownAccount],
  ['another password', 200, 'Change the password', (browser) => ownAccount(browser, '/account/password')],
  ['a client that is unknown', 400, 'is not set up for this server', (browser) => browser.visit(authorization({ client_id: 'nobody' }))],
  [
    'a redirect URI of somebody else',
    400,
    'wants you to be sent back (redirect_uri) is none of those that it registered.',
    (browser) => browser.visit(authorization({ redirect_uri: 'https://attacker.test/' })),
  ],
  ['a request that is too long', 400, 'The parameter state has', (browser) => browser.visit(authorization({ state: 'x'.repeat(3_000) }))],
  ['a form that is empty', 400, 'The form is empty.', (browser) => browser.post(`${ISSUER}/oauth2/authorize`, {})],
  [
    'a log-out to a page of somebody else',
    400,
    'You are still logged in. You can log out here',
    async (browser) => (await logIn(browser), logOutToElsewhere(browser)),
  ],
  ['a log-out to a page of somebody else where nobody is logged in', 400, 'This browser showed no log-in here.', logOutToElsewhere],
  [
    'a log-out without its cookie',
    400,
    'Your browser sent no cookie',
    (browser) => browser.post(`${ISSUER}/oidc/logout/confirm`, { xsrf: 'x', logout: 'yes' }),
  ],
  [
    'a log-in that is over',
    404,
    'has expired or was finished',
    async (browser) => (await logIn(browser), browser.visit(`${ISSUER}/login/gone`)),
  ],
  ['a log-in of a browser that blocks cookies', 400, 'blocks cookies', (browser) => browser.visit(`${ISSUER}/login/gone`)],
  ['a way back without cookies', 400, 'blocks cookies', (browser) => browser.visit(`${ISSUER}/oauth2/authorize/gone`)],
  [
    'a way back into a log-in that is over',
    400,
    'has expired or was finished',
    async (browser) => (await logIn(browser), browser.visit(`${ISSUER}/oauth2/authorize/gone`)),
  ],
  [
    'a form of nowhere',
    403,
    'This form has expired',
    async (browser) => browser.post((await browser.visit(authorization())).url, { _csrf: 'x', username: 'demo-user' }),
  ],
  ['a form with what no form has', 400, 'does not have the form', (browser) => browser.post(`${ISSUER}/login/x`, { more: 'x' })],
  ['a page that there is not', 404, 'There is no such route.', (browser) => browser.visit(`${ISSUER}/nowhere`)],
  ['a path that is no path', 400, 'is not a valid URL', (browser) => browser.visit(`${ISSUER}/%zz`)],
  ['a wrong method', 405, 'does not take this method', (browser) => browser.visit(`${ISSUER}/oauth2/token`)],
];

/** Links and forms that lead on; the name of the product does not count. */
const waysOn = ({ html }: Page): readonly string[] => {
  const own = html.replace(/<p class="brand">.*?<\/p>/, '');
  return [...own.matchAll(/<a href="([^"]+)"|<button [^>]*type="submit"/g)].map(([whole, href]) => href ?? whole);
};

describe('every page', () => {
  it.each(PAGES)('%s: is ours, under the strict policy, says what happened, and leads on', async (_name, status, words, visit) => {
    const page = await visit(browse());

    expect([page.status, page.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(page.html).toContain(words);
    expect(page.html).toContain(`<link rel="stylesheet" href="${STYLESHEET_URL}">`);
    for (const tag of ['<title>', '<main>', '<h1>']) expect(page.html.split(tag)).toHaveLength(2);
    const scripts = [...page.html.matchAll(/<script>([^]*?)<\/script>/g)].map(
      ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    );
    const policy = (page.headers.get('content-security-policy') ?? '').split(/;\s*/);
    expect(policy).toEqual([
      "default-src 'none'",
      "style-src 'self'",
      "img-src 'self'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      expect.stringMatching(/^form-action 'self'( http:\/\/127\.0\.0\.1:43118)?$/),
      ...(scripts.length === 0 ? [] : [`script-src ${scripts.join(' ')}`]),
    ]);
    expect([page.headers.get('cache-control'), page.headers.get('x-frame-options')]).toEqual(['no-store', 'DENY']);
    expect(waysOn(page)).not.toEqual([]);
  });

  it('leads nowhere that is not there, by no link', async () => {
    const links = new Set<string>();
    for (const [, , , visit] of PAGES) for (const way of waysOn(await visit(browse()))) if (way.startsWith('/')) links.add(way);
    for (const link of links) expect([link, (await browse().visit(`${ISSUER}${link}`)).status]).toEqual([link, 200]);
  });

  it('is a page for a browser alone: programs get Problem Details', async () => {
    const answers = await Promise.all(
      ['/nowhere', '/oauth2/token', '/%zz'].map((path) => running.fetch(`${ISSUER}${path}`, { headers: { accept: '*/*' } })),
    );
    expect(answers.map(({ status, headers }) => [status, headers.get('content-type')])).toEqual([
      [404, 'application/problem+json; charset=utf-8'],
      [405, 'application/problem+json; charset=utf-8'],
      [400, 'application/problem+json; charset=utf-8'],
    ]);
  });
});

describe('somebody who is not the one that is logged in', () => {
  it('logs in from the consent page, and is asked in the place of the other', async () => {
    const browser = browse();
    const between = await changeAccount(browser, 'demo-admin');
    const consent = await browser.submit(between, {});
    expect(consent.url).toContain('/consent/');
    expect(consent.html).toContain('You are logged in as <strong>demo-admin</strong>');
    const end = new URL((await browser.submit(consent, { decision: 'allow' })).url);
    expect([`${end.origin}${end.pathname}`, end.searchParams.get('code')]).toEqual([REDIRECT, expect.any(String)]);
    // The session is that of the other one now.
    expect((await browser.visit(authorization())).html).toContain('demo-admin');
  });

  it('is asked at once where he is the same after all', async () => {
    const browser = browse();
    const consent = await changeAccount(browser, 'demo-user');
    expect(consent.html).toContain('You are logged in as <strong>demo-user</strong>');
  });
});

describe('an address that holds the code of a device', () => {
  it('fills the code in, and connects nothing by itself', async () => {
    const browser = browse();
    const codes = await codesOfDevice();
    const page = await browser.visit(codes.verification_uri_complete);
    expect(page.html).toContain(`value="${codes.user_code}"`);
    expect(page.html).not.toContain('<script');
    const compared = await browser.submit(page, { user_code: codes.user_code });
    expect(compared.html).toContain('<strong>Demo Device</strong> wants to connect the device that shows this code');
  });

  it('shows a hostile code as text', async () => {
    const page = await browse().visit(`${ISSUER}/device?user_code=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(page.html).not.toContain('<script>');
  });
});

describe('the accounts of the demo', () => {
  it('stand at the start with their passwords, and log in by a button', async () => {
    const browser = browse();
    const start = await browser.visit(`${ISSUER}/`);
    const shown = [...start.html.matchAll(/<strong>([^<]+)<\/strong><span>[^<]+<\/span><span>Password <code>([^<]+)</g)];
    expect(shown.map(([, name]) => name)).toEqual(['demo-admin', 'demo-tenant-admin', 'demo-user', 'demo-service', 'demo-other-user']);
    const page = await browser.visit(authorization());
    for (const [, name = '', password] of shown) {
      expect(page.html).toContain(`name="demo_account" value="${name}"`);
      expect(password).toBe(`${name}-password`);
    }
    const consent = await browser.submit(page, { demo_account: 'demo-user', username: '', password: '' });
    expect(consent.html).toContain('You are logged in as <strong>demo-user</strong>');
    const own = await browse().visit(`${ISSUER}/account/login`);
    for (const [, name = ''] of shown) expect(own.html).toContain(`name="demo_account" value="${name}"`);
    const other = browse();
    const account = await other.submit(await other.visit(`${ISSUER}/account/login`), { demo_account: 'demo-admin' });
    expect(account.html).toContain('You are logged in as <strong>demo-admin</strong>');
  });

  it('are not for programs, and no other account has a button', async () => {
    const document = await (await running.fetch(`${ISSUER}/`, { headers: { accept: 'application/json' } })).text();
    expect(document).not.toContain('-password');
    const browser = browse();
    const refused = await browser.submit(await browser.visit(authorization()), { demo_account: unique('nobody') });
    expect(refused.status).toBe(403);
  });

  it('are nowhere on a server without the demo, whose rows sleep', async () => {
    await using real = await startTestIdentity({ demo: false });
    const start = await (await real.fetch(`${ISSUER}/`, { headers: { accept: 'text/html' } })).text();
    expect(start).not.toMatch(/demo/i);
    const browser = createBrowser({ fetch: real.fetch, origin: ISSUER });
    const own = await browser.visit(`${ISSUER}/account/login`);
    expect(own.html).not.toMatch(/demo/i);
    expect((await browser.submit(own, { demo_account: 'demo-user' })).status).toBe(403);
  });
});
