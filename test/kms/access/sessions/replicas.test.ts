import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { BROWSER_KEYS, browserAt, SESSION, type TestBrowser, withBrowser } from '#test/kms/support/browser.ts';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const USER = `user-${randomUUIDv7()}`;
const REALMS = {
  password_hash: { iterations: 210_000 },
  file: { users: [{ username: USER, password: `{plaintext}${USER}-password`, tenant: 'demo', roles: ['tenant-admin'] }] },
};

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('Sessions of browsers at two replicas', () => {
  let test: TestDatabases;
  let house: KmsHouse;
  let one: RunningKms;
  let two: RunningKms;
  const ahead = { one: 0, two: 0 };
  const run = (which: 'one' | 'two') => runKms(house, { elapsed: () => performance.now() + ahead[which] });
  beforeAll(async () => {
    test = await withDatabases('postgres');
    house = await kmsHouse({
      realms: REALMS,
      change: (config) => {
        config.database = test.config;
        withBrowser({ sessions_per_user: 2 })(config);
      },
    });
    one = await run('one');
    two = await run('two');
  });
  afterAll(async () => {
    for (const replica of [one, two]) await replica?.[Symbol.asyncDispose]();
    await house?.[Symbol.asyncDispose]();
    await test?.[Symbol.asyncDispose]();
  });

  const loggedIn = async (at: RunningKms): Promise<TestBrowser> => {
    const browser = browserAt(at);
    expect((await browser.logIn(USER)).status).toBe(303);
    return browser;
  };
  const seen = async (browser: TestBrowser): Promise<readonly number[]> => {
    const statuses: number[] = [];
    for (const replica of [one, two]) {
      browser.goTo(replica);
      statuses.push((await browser.send(SESSION)).status);
    }
    return statuses;
  };

  it('are known to both, with one token for their changes, and outlive a restart', async () => {
    const browser = await loggedIn(one);
    const token = await browser.csrfToken();
    browser.goTo(two);
    expect(await browser.csrfToken()).toBe(token);
    expect((await browser.change('POST', BROWSER_KEYS, { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' })).status).toBe(201);
    await two[Symbol.asyncDispose]();
    two = await run('two');
    expect(await seen(browser)).toEqual([200, 200]);
  });

  it('are over at both from the moment on that one has answered the log-out', async () => {
    for (const [here, there] of [
      [one, two],
      [two, one],
    ] as const) {
      const browser = await loggedIn(here);
      const copy = browser.cookies();
      expect(await seen(browser)).toEqual([200, 200]);
      browser.goTo(here);
      expect((await browser.change('DELETE', SESSION)).status).toBe(204);
      expect((await there.send(SESSION, { headers: { cookie: copy } })).status).toBe(401);
      expect((await here.send(SESSION, { headers: { cookie: copy } })).status).toBe(401);
    }
  });

  it('begin at one form and end at the other: a log-in needs no replica that remembers it', async () => {
    const browser = browserAt(one);
    const fields = browser.fieldsOf(await browser.send('/ui/log-in'), '/ui/log-in');
    browser.goTo(two);
    expect((await browser.submit('/ui/log-in', { ...fields, username: USER, password: `${USER}-password` })).status).toBe(303);
    expect(await seen(browser)).toEqual([200, 200]);
  });

  it('go on where one of them alone is used', async () => {
    const browser = await loggedIn(one);
    expect(await seen(browser)).toEqual([200, 200]);
    for (let minutes = 0; minutes < 60; minutes += 20) {
      for (const which of ['one', 'two'] as const) ahead[which] += 20 * 60_000;
      browser.goTo(two);
      expect((await browser.send(SESSION)).status).toBe(200);
    }
    // This one has not seen it for an hour, and asks the database before it says so.
    browser.goTo(one);
    expect((await browser.send(SESSION)).status).toBe(200);
  });

  it('are as many as one user may have, at both together', async () => {
    const browsers = [await loggedIn(one), await loggedIn(two), await loggedIn(one)];
    const statuses: (readonly number[])[] = [];
    for (const browser of browsers) statuses.push(await seen(browser));
    expect(statuses).toEqual([
      [401, 401],
      [200, 200],
      [200, 200],
    ]);
  });
});
