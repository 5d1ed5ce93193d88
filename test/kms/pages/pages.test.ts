import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import { BROWSER_KEYS, browserAt, ORIGIN, OWN, SESSION, type TestBrowser, withBrowser } from '#test/kms/support/browser.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const [ADMIN, READER, OTHER] = [`admin-${randomUUIDv7()}`, `service-${randomUUIDv7()}`, `other-${randomUUIDv7()}`];
/** Without the price of a hash: there are many log-ins. */
const user = (username: string, tenant: string, role: string) => ({
  username,
  password: `{plaintext}${username}-password`,
  tenant,
  roles: [role],
});
const REALMS = {
  password_hash: { iterations: 210_000 },
  file: { users: [user(ADMIN, 'demo', 'tenant-admin'), user(READER, 'demo', 'user'), user(OTHER, 'demo-other', 'tenant-admin')] },
};

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse({ realms: REALMS, change: withBrowser() });
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const loggedIn = async (username = ADMIN): Promise<TestBrowser> => {
  const browser = browserAt(kms);
  expect((await browser.logIn(username)).status).toBe(303);
  return browser;
};
const shown = (page: HttpsResponse): string => `${page.status} ${/Error <code>([a-z-]+)<\/code>/.exec(page.text)?.[1] ?? 'none'}`;
const problem = (page: HttpsResponse): string => /role="alert">([^<]*)</.exec(page.text)?.[1] ?? 'none';
const newKey = async (browser: TestBrowser, algorithm = 'A256GCM/A256KW'): Promise<string> => {
  const page = await browser.send('/ui/');
  const made = await browser.submit('/ui/keys', { ...browser.fieldsOf(page, '/ui/keys'), name: `key-${randomUUIDv7()}`, algorithm });
  expect(made.status).toBe(303);
  return made.headers['location'] ?? '';
};
const press = async (browser: TestBrowser, path: string, action: string, fields: Record<string, string> = {}) =>
  browser.submit(`${path}/${action}`, { ...browser.fieldsOf(await browser.send(path), `${path}/${action}`), ...fields });
const textIn = (page: HttpsResponse): string => /<textarea readonly[^>]*>([^<]*)</.exec(page.text)?.[1] ?? '';

describe('The pages of the KMS', () => {
  it('lead whoever is not logged in to the log-in, and from there to where he wanted to go', async () => {
    const browser = browserAt(kms);
    const path = await newKey(await loggedIn());
    expect((await browser.send(path)).headers['location']).toBe(`/ui/log-in?return_to=${encodeURIComponent(path)}`);
    expect((await browser.send('/ui')).headers['location']).toBe('/ui/');
    expect((await browser.logIn(ADMIN, { returnTo: path })).headers['location']).toBe(path);
    expect((await browser.logIn(ADMIN, { returnTo: 'https://evil.example/' })).headers['location']).toBe('/ui/');
    expect((await browser.submit('/ui/log-out', { _csrf: 'x' })).status).toBe(403);
  });

  it('say who one is, and let one make a key, rotate, suspend and use it', async () => {
    const browser = await loggedIn();
    const home = await browser.send('/ui/');
    expect(home.text).toContain(`Logged in as <strong>${ADMIN}</strong>, tenant <strong>demo</strong>`);
    expect(home.text).toContain('demo-encryption-key');
    expect(home.text).toContain('href="/ui/swagger/"');
    const path = await newKey(browser);
    const text = 'Grüße, <b>&"\'` 🔑';
    const sealed = await press(browser, path, 'encrypt', { text });
    expect(textIn(sealed)).toMatch(/^eyJ[\w-]+(\.[\w-]+){4}$/);
    expect((await press(browser, path, 'rotate')).headers['location']).toBe(path);
    expect((await browser.send(path)).text).toContain('<th scope="row">2</th>');
    const opened = await press(browser, path, 'decrypt', { text: ` ${textIn(sealed)}\n` });
    expect(textIn(opened)).toBe('Grüße, &lt;b&gt;&amp;&quot;&#39;&#96; 🔑');
    expect((await press(browser, path, 'suspend')).status).toBe(303);
    const suspended = await browser.send(path);
    expect(suspended.text).toContain('<dd>suspended</dd>');
    expect(suspended.text).not.toContain('Text to encrypt');
    expect((await press(browser, path, 'activate')).status).toBe(303);
    expect((await browser.send(path)).text).toContain('Text to encrypt');
  });

  it('show what went wrong where it was done', async () => {
    const browser = await loggedIn();
    const path = await newKey(browser);
    const refused = await press(browser, path, 'decrypt', { text: 'no ciphertext' });
    expect(refused.status).toBe(400);
    expect(problem(refused)).not.toBe('none');
    const home = await browser.send('/ui/');
    const again = await browser.submit('/ui/keys', {
      ...browser.fieldsOf(home, '/ui/keys'),
      name: 'demo-encryption-key',
      algorithm: 'ES256',
    });
    expect([again.status, problem(again)]).toEqual([409, expect.stringContaining('name')]);
    expect(again.text).toContain('value="demo-encryption-key"');
    expect(shown(await browser.send(`/ui/keys/${randomUUIDv7()}`))).toBe('404 elastic-key-not-found');
    expect(shown(await browser.send('/ui/?cursor=nonsense'))).toMatch(/^400 /);
  });

  it('offer nothing that the user may not do, and do nothing of it', async () => {
    const [admin, reader] = [await loggedIn(), await loggedIn(READER)];
    const path = await newKey(admin);
    const page = await reader.send(path);
    expect(page.text).toContain('Text to encrypt');
    expect(page.text).not.toContain('Rotate');
    expect((await reader.send('/ui/')).text).not.toContain('New key');
    const { _csrf: token = '' } = reader.fieldsOf(page, '/ui/log-out');
    const rotated = await reader.submit(`${path}/rotate`, { _csrf: token });
    expect([rotated.status, problem(rotated)]).toEqual([403, expect.stringContaining('kms:material-keys:rotate')]);
  });

  it('know no key of another tenant', async () => {
    const [ours, theirs] = [await loggedIn(), await loggedIn(OTHER)];
    const path = await newKey(ours);
    expect(shown(await theirs.send(path))).toBe('404 elastic-key-not-found');
    const { _csrf: token = '' } = theirs.fieldsOf(await theirs.send('/ui/'), '/ui/log-out');
    for (const action of ['rotate', 'suspend', 'activate'])
      expect(shown(await theirs.submit(`${path}/${action}`, { _csrf: token }))).toBe('404 elastic-key-not-found');
    expect(shown(await theirs.submit(`${path}/encrypt`, { _csrf: token, text: 'x' }))).toBe('404 elastic-key-not-found');
  });

  it('take no form without the token of the session, nor one of another origin', async () => {
    const [browser, other] = [await loggedIn(), await loggedIn()];
    const path = await newKey(browser);
    const fields = browser.fieldsOf(await browser.send(path), `${path}/suspend`);
    const foreign = other.fieldsOf(await other.send(path), `${path}/suspend`);
    expect(shown(await browser.submit(`${path}/suspend`, { _csrf: 'x' }))).toBe('403 csrf-token-invalid');
    expect(shown(await browser.submit(`${path}/suspend`, foreign))).toBe('403 csrf-token-invalid');
    expect((await browser.submit(`${path}/suspend`, {})).status).toBe(400);
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, {}, { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }])
      expect(shown(await browser.submit(`${path}/suspend`, fields, headers as Record<string, string>))).toBe('403 request-foreign');
    expect((await browser.send(path)).text).toContain('<dd>active</dd>');
    expect((await browser.submit(`${path}/suspend`, fields)).status).toBe(303);
  });

  it('log nobody in by a form of another browser, another origin, or without its cookie', async () => {
    const [victim, attacker] = [browserAt(kms), browserAt(kms)];
    const account = { username: OTHER, password: `${OTHER}-password` };
    const fields = attacker.fieldsOf(await attacker.send('/ui/log-in'), '/ui/log-in');
    expect(shown(await victim.submit('/ui/log-in', { ...fields, ...account }))).toBe('403 csrf-token-invalid');
    await victim.send('/ui/log-in');
    expect(shown(await victim.submit('/ui/log-in', { ...fields, ...account }))).toBe('403 csrf-token-invalid');
    expect(shown(await attacker.submit('/ui/log-in', { ...fields, ...account }, { origin: 'https://evil.example' }))).toBe(
      '403 request-foreign',
    );
    expect((await victim.send(SESSION)).status).toBe(401);
  });

  it('say of a wrong name and a wrong password the same, without the window of the browser', async () => {
    const browser = browserAt(kms);
    const wrong = await browser.logIn(ADMIN, { password: 'wrong' });
    const unknown = await browser.logIn(`nobody-${randomUUIDv7()}`);
    expect([wrong.status, unknown.status]).toEqual([403, 403]);
    expect(problem(wrong)).toBe('User name or password is wrong.');
    expect(problem(unknown)).toBe(problem(wrong));
    expect(wrong.headers['www-authenticate']).toBeUndefined();
    expect(wrong.text).toContain(`value="${ADMIN}"`);
    expect(wrong.text).not.toContain('value="wrong"');
    expect((await browser.send(SESSION)).status).toBe(401);
  });

  it('write no header and no markup that a query or a form brought', async () => {
    const browser = browserAt(kms);
    const asked = '/ui/\r\nset-cookie: stolen=1';
    const page = await browser.send(`/ui/log-in?${new URLSearchParams({ return_to: asked }).toString()}`);
    expect(page.setCookies.join()).not.toContain('stolen');
    const fields = browser.fieldsOf(page, '/ui/log-in');
    expect(fields['return_to']).toBe('/ui/');
    const refused = await browser.submit('/ui/log-in', {
      ...fields,
      username: '"><script>alert(1)</script>',
      password: 'x',
      return_to: asked,
    });
    expect(refused.text).not.toContain('<script>');
    expect(refused.headers['location']).toBeUndefined();
    const done = await browser.submit('/ui/log-in', { ...fields, return_to: asked, username: ADMIN, password: `${ADMIN}-password` });
    expect([done.headers['location'], done.setCookies.join().includes('stolen')]).toEqual(['/ui/', false]);
  });

  it('allow no script, no frame and nothing of another host, and are kept nowhere', async () => {
    const browser = await loggedIn();
    const path = await newKey(browser);
    for (const each of ['/ui/log-in', '/ui/', path, '/ui/logged-out', `/ui/keys/${randomUUIDv7()}`, '/ui/callback']) {
      const { headers } = await browser.send(each);
      const policy = headers['content-security-policy'] ?? '';
      expect([each, policy]).toEqual([
        each,
        expect.stringMatching(/^default-src 'none'; style-src 'self'; .*frame-ancestors 'none'; form-action 'self'$/),
      ]);
      expect(policy).not.toContain('unsafe');
      expect([headers['cache-control'], headers['referrer-policy'], headers['x-frame-options']]).toEqual([
        'no-store',
        'same-origin',
        'DENY',
      ]);
    }
  });

  it('end the session at the log-out, in every tab, and for a cookie that was copied', async () => {
    const browser = await loggedIn();
    const stolen = browser.cookies();
    const [one, other] = [await browser.send('/ui/'), await browser.send('/ui/')];
    const out = await browser.submit('/ui/log-out', browser.fieldsOf(one, '/ui/log-out'));
    expect([out.status, out.headers['location']]).toEqual([303, '/ui/logged-out']);
    expect((await kms.send('/ui/', { headers: { cookie: stolen } })).status).toBe(303);
    const late = await browser.submit('/ui/log-out', browser.fieldsOf(other, '/ui/log-out'));
    expect(late.headers['location']).toBe('/ui/log-in?return_to=%2Fui%2F');
  });

  it('are not there, nor is the browser API, where nobody has switched them on', async () => {
    await using plain = await kmsHouse({ realms: REALMS });
    await using other = await runKms(plain);
    for (const path of ['/ui/', '/ui/log-in', '/ui/callback', SESSION, BROWSER_KEYS, '/browser/openapi.json'])
      expect([path, (await other.send(path)).status]).toEqual([path, 404]);
    expect((await other.send('/', { headers: { accept: 'application/json' } })).text).not.toContain('"/ui/"');
    expect((await kms.send('/', { headers: { accept: 'application/json' } })).text).toContain('"/ui/"');
  });
});

describe('Two stacks beside each other in one browser', () => {
  it('have cookies of their own, and neither takes that of the other', async () => {
    const origin = 'https://localhost:18081';
    await using second = await kmsHouse({ realms: REALMS, change: withBrowser({ origin }) });
    await using other = await runKms(second);
    const browser = await loggedIn();
    browser.goTo(other);
    const page = await browser.send('/ui/log-in');
    const own = { origin, 'sec-fetch-site': 'same-origin' };
    const account = { username: OTHER, password: `${OTHER}-password` };
    expect((await browser.submit('/ui/log-in', { ...browser.fieldsOf(page, '/ui/log-in'), ...account }, own)).status).toBe(303);
    expect((await browser.send(SESSION)).json()).toMatchObject({ username: OTHER });
    browser.goTo(kms);
    expect((await browser.send(SESSION)).json()).toMatchObject({ username: ADMIN });
    // The cookie of one under the name of the other.
    const cookies = browser
      .cookies()
      .split('; ')
      .filter((each) => !each.includes('-form='));
    const [[name = ''] = [], [, value = ''] = []] = cookies.map((each) => each.split('='));
    expect((await kms.send(SESSION, { headers: { cookie: `${name}=${value}` } })).status).toBe(401);
  });
});

describe('The description of the browser API', () => {
  it('has the operations of the service under its own paths, and beside them the session', async () => {
    interface Document {
      readonly paths: Record<string, Record<string, { operationId?: string }>>;
      readonly components: { securitySchemes: object; schemas: object };
      readonly security: object;
    }
    const read = async (path: string) => (await kms.send(path)).json<Document>();
    const [service, browser] = [await read('/openapi.json'), await read('/browser/openapi.json')];
    const ids = ({ paths }: Document) => Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    expect(ids(browser).toSorted()).toEqual([...ids(service), 'readSession', 'endSession'].toSorted());
    expect(Object.keys(service.paths).filter((path) => path.startsWith('/browser/'))).toEqual([]);
    expect(Object.keys(browser.paths).filter((path) => path.startsWith('/service/'))).toEqual([]);
    expect(Object.keys(browser.components.securitySchemes)).toEqual(['session', 'token']);
    expect(Object.keys(service.components.schemas)).not.toContain('BrowserSession');
    expect(browser.security).toEqual([{ session: [], token: [] }]);
  });
});

describe('Swagger UI', () => {
  it('uses the session of who is logged in, and says so', async () => {
    const browser = await loggedIn();
    const page = await browser.send('/ui/swagger/');
    expect(page.text).toContain(`Logged in as <strong>${ADMIN}</strong>`);
    expect(page.text).toContain(`data-csrf-token="${await browser.csrfToken()}"`);
    expect(page.headers['cache-control']).toBe('no-store');
    const plain = await kms.send('/ui/swagger/');
    expect(plain.text).not.toContain('data-csrf-token');
    expect(plain.text).toContain('/ui/log-in?return_to=%2Fui%2Fswagger%2F');
  });
});

describe('A session', () => {
  it('ends with the account of its user, also where another has his name', async () => {
    await using demo = await kmsHouse({ change: withBrowser() });
    await using running = await runKms(demo);
    const browser = browserAt(running);
    await browser.logIn('demo-user');
    expect((await browser.send(SESSION)).json()).toMatchObject({ username: 'demo-user' });
    const reset = await running.sendAdmin('/admin/v1/demo/reset', { method: 'POST', body: {} });
    expect(reset.status).toBe(200);
    // His name is that of another account now, in a tenant of the same name.
    expect(
      (await running.send(BROWSER_KEYS.replace('/browser/', '/service/'), { headers: basic('demo-user', 'demo-user-password') })).status,
    ).toBe(200);
    expect((await browser.send(BROWSER_KEYS, { headers: OWN })).status).toBe(401);

    // Nobody can look at it, nor begin another, while the KMS is sealed.
    await browser.logIn('demo-user');
    expect((await running.sendAdmin('/admin/v1/seal', { method: 'POST', body: {} })).status).toBe(200);
    expect((await browser.send(SESSION)).json()).toMatchObject({ status: 503, code: 'sealed' });
    for (const path of ['/ui/', '/ui/log-in', '/ui/log-in/issuer'])
      expect([path, (await browser.send(path)).status]).toEqual([path, path === '/ui/log-in/issuer' ? 404 : 503]);
  });
});
