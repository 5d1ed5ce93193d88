import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { BROWSER_KEYS, browserAt, ORIGIN, OWN, SESSION, withBrowser } from '#test/kms/support/browser.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const [USER, OTHER] = [`admin-${randomUUIDv7()}`, `other-${randomUUIDv7()}`];
/** Without the price of a hash: there are many log-ins. */
const REALMS = {
  password_hash: { iterations: 210_000 },
  file: {
    users: [
      { username: USER, password: `{plaintext}${USER}-password`, tenant: 'demo', roles: ['tenant-admin'] },
      { username: OTHER, password: `{plaintext}${OTHER}-password`, tenant: 'demo-other', roles: ['user'] },
    ],
  },
};
const code = (answer: { json<T>(): T; readonly status: number }): string => `${answer.status} ${answer.json<{ code: string }>().code}`;

describe.each(databaseKinds())('The browser API on %s', (kind) => {
  let test: TestDatabases;
  let house: KmsHouse;
  let kms: RunningKms;
  const clock = { now: Date.now(), elapsed: 0 };
  const clocks = { now: () => clock.now, elapsed: () => clock.elapsed };
  /** Both clocks go on. */
  const pass = (seconds: number): void => {
    clock.now += seconds * 1_000;
    clock.elapsed += seconds * 1_000;
  };
  beforeAll(async () => {
    test = await withDatabases(kind);
    house = await kmsHouse({
      realms: REALMS,
      change: (config) => {
        config.database = test.config;
        withBrowser({ sessions_per_user: 3 })(config);
      },
    });
    kms = await runKms(house, clocks);
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });
  const loggedIn = async (username = USER, at = kms) => {
    // Two log-ins of one millisecond have no order.
    pass(1);
    const browser = browserAt(at);
    const answer = await browser.logIn(username);
    expect([answer.status, answer.headers['location']]).toEqual([303, '/ui/']);
    return browser;
  };

  it('has the routes of the service, for a session and its token', async () => {
    const browser = await loggedIn();
    const name = `key-${randomUUIDv7()}`;
    const made = await browser.change('POST', BROWSER_KEYS, { name, algorithm: 'A256GCM/A256KW' });
    expect(made.status).toBe(201);
    const { id } = made.json<{ id: string }>();
    expect(made.headers['location']).toBe(`${BROWSER_KEYS}/${id}`);
    const sealed = await browser.change('POST', `${BROWSER_KEYS}/${name}/encrypt`, { plaintext: 'aGVsbG8' });
    const { ciphertext } = sealed.json<{ ciphertext: string }>();
    const opened = await browser.change('POST', `${BROWSER_KEYS}/${id}/decrypt`, { ciphertext });
    expect(opened.json()).toEqual({ plaintext: 'aGVsbG8' });
    expect((await browser.change('PATCH', `${BROWSER_KEYS}/${id}`, { state: 'suspended' })).status).toBe(200);
    expect((await browser.send(`${BROWSER_KEYS}?limit=1`)).status).toBe(200);
    expect((await browser.send(`${BROWSER_KEYS}/${id}`, { method: 'HEAD' })).status).toBe(200);
    expect((await browser.send(`${BROWSER_KEYS}/${id}`, { method: 'PUT', headers: OWN })).headers['allow']).toBe(
      'DELETE, GET, HEAD, PATCH',
    );
  });

  it('says whose session it is, and the audit says by which session it was', async () => {
    const browser = await loggedIn();
    const session = (await browser.send(SESSION)).json<{ id: string; tenant: object; username: string; issuer: null; roles: string[] }>();
    expect(session).toMatchObject({ username: USER, issuer: null, roles: ['tenant-admin'], tenant: { name: 'demo' } });
    await browser.send(`${BROWSER_KEYS}?limit=1`);
    const { items } = (await browser.send('/browser/api/v1/audit?operation=elastic-key.list&limit=100')).json<{
      items: Record<string, unknown>[];
    }>();
    expect(items).toContainEqual(expect.objectContaining({ credential: 'session', token_id: session.id, username: USER, issuer: null }));
  });

  it('is closed without a session, and no route of it is open', async () => {
    const answer = await kms.send(BROWSER_KEYS);
    expect(code(answer)).toBe('401 session-missing');
    expect(answer.headers['www-authenticate']).toMatch(/^Cookie /);
    const { paths } = (await kms.send('/openapi.json')).json<{ paths: Record<string, object> }>();
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => ({ method: method.toUpperCase(), path })),
    );
    const guarded = routes.filter(({ path }) => path.startsWith('/service/api/v1/'));
    expect(guarded.length).toBeGreaterThan(30);
    for (const { method, path } of guarded) {
      const url = path.replace('/service/', '/browser/').replaceAll(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000');
      expect([method, path, code(await kms.send(url, { method, headers: OWN }))]).toEqual([method, path, '401 session-missing']);
    }
  });

  it('takes no other credential, and the API of services takes no session', async () => {
    const browser = await loggedIn();
    expect(code(await kms.send(BROWSER_KEYS, { headers: basic(USER, `${USER}-password`) }))).toBe('400 credential-invalid');
    expect(code(await browser.send(BROWSER_KEYS, { headers: basic(USER, `${USER}-password`) }))).toBe('400 credential-invalid');
    expect(code(await browser.send('/service/api/v1/elastic-keys'))).toBe('401 credential-missing');
  });

  it('refuses a change without the token of its own session', async () => {
    const [browser, other] = [await loggedIn(), await loggedIn()];
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' };
    const ask = (headers: Record<string, string>) => browser.send(BROWSER_KEYS, { method: 'POST', body, headers });
    expect(code(await ask(OWN))).toBe('403 csrf-token-invalid');
    expect(code(await ask({ ...OWN, 'x-csrf-token': await other.csrfToken() }))).toBe('403 csrf-token-invalid');
    expect(code(await ask({ ...OWN, 'x-csrf-token': '' }))).toBe('403 csrf-token-invalid');
    expect((await browser.send(SESSION, { method: 'DELETE', headers: OWN })).status).toBe(403);
    expect((await ask({ ...OWN, 'x-csrf-token': await browser.csrfToken() })).status).toBe(201);
  });

  it.each([
    ['of a foreign origin', { origin: 'https://evil.example' }],
    ['of another port of this host', { origin: 'https://localhost:8082', 'sec-fetch-site': 'same-site' }],
    ['of a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['that says no origin', {}],
    ['whose browser calls it cross-site', { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }],
    ['whose browser calls it same-site', { origin: ORIGIN, 'sec-fetch-site': 'same-site' }],
  ])('refuses a change %s, with the right token as well', async (_whose, headers) => {
    const browser = await loggedIn();
    const all = { ...headers, 'x-csrf-token': await browser.csrfToken() } as Record<string, string>;
    expect(
      code(await browser.send(`${BROWSER_KEYS}/demo-encryption-key/encrypt`, { method: 'POST', body: { plaintext: '' }, headers: all })),
    ).toBe('403 request-foreign');
  });

  it('is read by no page of another site', async () => {
    const browser = await loggedIn();
    expect(code(await browser.send(BROWSER_KEYS, { headers: { 'sec-fetch-site': 'cross-site' } }))).toBe('403 request-foreign');
    expect(code(await browser.send(SESSION, { headers: { 'sec-fetch-site': 'same-site' } }))).toBe('403 request-foreign');
    expect((await browser.send(BROWSER_KEYS, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(200);
    const preflight = await kms.send(BROWSER_KEYS, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('knows no key of another tenant', async () => {
    const theirs = await loggedIn(OTHER);
    const ours = await loggedIn();
    const { id } = (await ours.send(`${BROWSER_KEYS}/demo-encryption-key`)).json<{ id: string }>();
    const foreign = await theirs.change('POST', `${BROWSER_KEYS}/${id}/encrypt`, { plaintext: '' });
    const missing = await theirs.change('POST', `${BROWSER_KEYS}/${randomUUIDv7()}/encrypt`, { plaintext: '' });
    expect([foreign.status, foreign.text]).toEqual([404, missing.text]);
  });

  it('gives a cookie that no script and no other host can touch, and another at each log-in', async () => {
    const browser = browserAt(kms);
    const first = (await browser.logIn(USER)).setCookies.find((each) => !each.includes('-form='));
    expect(first).toMatch(/^__Host-passthru-kms-[0-9a-f]{10}=[0-9a-f-]{36}\.[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    const [cookie] = first?.split(';') ?? [];
    const second = (await browser.logIn(USER)).setCookies.find((each) => !each.includes('-form='));
    expect(second).not.toBe(first);
    expect((await kms.send(SESSION, { headers: { cookie: cookie ?? '' } })).status).toBe(401);
    expect((await browser.send(SESSION)).status).toBe(200);
  });

  it('takes no session that was given to a browser before the log-in', async () => {
    const attacker = await loggedIn(OTHER);
    const victim = browserAt(kms);
    victim.store(
      attacker
        .cookies()
        .split('; ')
        .find((each) => !each.includes('-form=')) ?? '',
    );
    await victim.logIn(USER);
    expect((await victim.send(SESSION)).json()).toMatchObject({ username: USER });
    expect((await attacker.send(SESSION)).status).toBe(401);
  });

  it('refuses a cookie that was changed, cut, doubled or made up', async () => {
    const browser = await loggedIn();
    const session =
      browser
        .cookies()
        .split('; ')
        .find((each) => !each.includes('-form=')) ?? '';
    const [name = '', value = ''] = session.split('=');
    const made = `${randomUUIDv7()}.${'A'.repeat(43)}`;
    for (const cookie of [
      `${name}=${value.slice(0, -1)}`,
      `${name}=${value}A`,
      `${name}=${made}`,
      `${session}; ${session}`,
      `${name}=`,
      `x${session}`,
      `${name}="${value}"`,
    ]) {
      expect([cookie === session, (await kms.send(SESSION, { headers: { cookie } })).status]).toEqual([false, 401]);
    }
    expect((await kms.send(SESSION, { headers: { cookie: session } })).status).toBe(200);
  });

  it('ends a session with the answer that its user is disabled, or has another password', async () => {
    const administrator = await loggedIn();
    const users = '/browser/api/v1/realm-users';
    const username = `user-${randomUUIDv7()}`;
    const password = 'correct horse battery';
    await administrator.change('POST', users, { username, password, roles: ['user'] });
    for (const [method, path, change] of [
      ['PUT', `${users}/${username}/password`, { password }],
      ['PATCH', `${users}/${username}`, { enabled: false }],
    ] as const) {
      const browser = browserAt(kms);
      await browser.logIn(username, { password });
      expect((await browser.send(SESSION)).status).toBe(200);
      // Users know by the millisecond when their passwords were changed; no lease ends meanwhile.
      clock.now += 1;
      expect((await administrator.change(method, path, change)).status).toBeLessThan(300);
      expect((await browser.send(SESSION)).status).toBe(401);
    }
  });

  it('forgets a session at its log-out, also for him who has copied the cookie', async () => {
    const browser = await loggedIn();
    const stolen = browser.cookies();
    const answer = await browser.change('DELETE', SESSION);
    expect([answer.status, answer.setCookies[0]]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect(code(await kms.send(BROWSER_KEYS, { headers: { cookie: stolen } }))).toBe('401 session-missing');
  });

  it('ends a session that nobody uses, and keeps one that somebody does', async () => {
    const [used, unused] = [await loggedIn(), await loggedIn()];
    for (let minutes = 0; minutes < 45; minutes += 15) {
      pass(15 * 60);
      expect((await used.send(SESSION)).status).toBe(200);
    }
    expect((await unused.send(SESSION)).status).toBe(401);
    pass(31 * 60);
    expect((await used.send(SESSION)).status).toBe(401);
  });

  it('ends every session after its time, however much it is used', async () => {
    const browser = await loggedIn();
    for (let minutes = 20; minutes < 8 * 60; minutes += 20) {
      pass(20 * 60);
      expect([minutes, (await browser.send(SESSION)).status]).toEqual([minutes, 200]);
    }
    pass(20 * 60);
    expect((await browser.send(SESSION)).status).toBe(401);
  });

  it('measures both times by a clock that nobody can set, while it runs', async () => {
    const browser = await loggedIn();
    clock.now += 90 * 86_400_000;
    expect((await browser.send(SESSION)).status).toBe(200);
    clock.elapsed += 1_000;
    expect((await browser.send(SESSION)).status).toBe(200);
    clock.now -= 90 * 86_400_000;
    clock.elapsed += 31 * 60_000;
    expect((await browser.send(SESSION)).status).toBe(401);
  });

  it('keeps so many sessions of a user, and ends the oldest', async () => {
    const browsers = [];
    for (let count = 0; count < 4; count += 1) {
      browsers.push(await loggedIn());
      pass(1);
    }
    const statuses = [];
    for (const browser of browsers) statuses.push((await browser.send(SESSION)).status);
    expect(statuses).toEqual([401, 200, 200, 200]);
  });

  it('holds nothing in its database that a browser could show', async () => {
    const browser = await loggedIn();
    const { id } = (await browser.send(SESSION)).json<{ id: string }>();
    const [, value = ''] =
      browser
        .cookies()
        .split('; ')
        .find((each) => !each.includes('-form='))
        ?.split('=') ?? [];
    await using service = await test.databases.open<ServiceTables>('service', serviceMigrations);
    const rows = JSON.stringify(await service.db.selectFrom('kms_browser_sessions').selectAll().execute());
    expect(rows.length).toBeGreaterThan(100);
    for (const secret of [id, value, value.split('.')[1] ?? '']) expect(rows).not.toContain(secret);
  });

  it('refuses a session whose row somebody changed, made or put back', async () => {
    const browser = await loggedIn(OTHER);
    await using service = await test.databases.open<ServiceTables>('service', serviceMigrations);
    const all = service.db.selectFrom('kms_browser_sessions').selectAll();
    const row = (await all.orderBy('created_at', 'desc').orderBy('id').execute()).find(({ username }) => username === OTHER);
    if (row === undefined) throw new Error('no row');
    const write = (change: Partial<typeof row>) =>
      service.db.updateTable('kms_browser_sessions').set(change).where('id', '=', row.id).execute();
    const answer = async () => {
      pass(1);
      return code(await browser.send(BROWSER_KEYS));
    };
    await write({ expires_at: row.expires_at + 1 });
    expect(await answer()).toBe('503 row-damaged');
    await write({ expires_at: row.expires_at, tenant_id: randomUUIDv7() });
    expect(await answer()).toBe('503 row-damaged');
    await write(row);
    pass(1);
    expect((await browser.send(SESSION)).status).toBe(200);
    const [stolen = ''] = browser
      .cookies()
      .split('; ')
      .filter((each) => !each.includes('-form='));
    await browser.change('DELETE', SESSION);
    await service.db.insertInto('kms_browser_sessions').values(row).execute();
    browser.store(stolen);
    expect(await answer()).toBe('503 row-damaged');
    await service.db.deleteFrom('kms_browser_sessions').where('id', '=', row.id).execute();
  });
});
