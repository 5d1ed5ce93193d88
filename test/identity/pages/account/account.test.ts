import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { type FactorsWorld, factorsWorld, PASSWORD, submitTo } from '#test/identity/support/second-factors.ts';

const HOUR_MS = 3_600_000;
const NEXT = 'quite another password';

describe.each(databaseKinds())('the account page on %s', (kind) => {
  let world: FactorsWorld;
  beforeAll(async () => {
    world = await factorsWorld(kind);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('sends who is not logged in to a log-in of its own, and back', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    expect(await browser.visit('/account')).toMatchObject({ url: expect.stringMatching(/\/account\/login$/), status: 200 });
    const wrong = await world.logIn(browser, person, 'wrong');
    expect([wrong.status, wrong.html.includes('The user name or the password is wrong.')]).toEqual([403, true]);
    const page = await world.logIn(browser, person);
    expect(page).toMatchObject({ url: expect.stringMatching(/\/account$/), status: 200 });
    expect(page.html).toContain(person.username);
    expect(page.html).toContain('<body class="roomy">');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'");
  });

  it('takes no form without its token, and none of somebody who is not logged in', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    await world.logIn(browser, person);
    expect((await browser.post('/account/sessions', { session: 'all' })).status).toBe(400);
    expect((await browser.post('/account/sessions', { _csrf: 'made up', session: 'all' })).status).toBe(403);
    expect((await browser.visit('/account')).url).toMatch(/\/account$/);
  });

  it('shows every session, ends one of them, all others, and its own', async () => {
    const person = await world.person();
    const [here, there, elsewhere] = [world.browser(), world.browser(), world.browser()];
    for (const browser of [there, elsewhere, here]) await world.logIn(browser, person);
    const page = await here.visit('/account');
    expect(page.html.match(/<strong>(?:This|Another) browser/g)).toEqual([
      '<strong>This browser',
      ...Array<string>(2).fill('<strong>Another browser'),
    ]);
    const other = /Another browser.*?name="session" value="([\w-]+)"/s.exec(page.html)?.[1] ?? '';
    const after = await submitTo(here, page, '/account/sessions', { session: other });
    expect(after.html.match(/<strong>Another browser/g)).toHaveLength(1);
    expect(after.html).toContain('role="status">The session has ended.');
    await submitTo(here, after, '/account/sessions', { session: 'others' });
    const left = await Promise.all(
      [here, there, elsewhere].map(async (browser) => (await browser.visit('/account')).url.endsWith('/account')),
    );
    expect(left).toEqual([true, false, false]);
    await submitTo(here, await here.visit('/account'), '/account/log-out');
    expect((await here.visit('/account')).url).toMatch(/login$/);
  });

  it('ends all sessions, its own too, and says nothing of it to the person who logs in next', async () => {
    const [here, person] = [world.browser(), await world.person()];
    const ended = await submitTo(here, await world.logIn(here, person), '/account/sessions', { session: 'all' });
    expect(ended.url).toMatch(/login$/);
    const next = await world.logIn(here, await world.person());
    expect([next.url.endsWith('/account'), next.html.includes('role="status"')]).toEqual([true, false]);
  });

  it('names sessions by the applications that they logged in at, and says when each was last used', async () => {
    const person = await world.person();
    const [here, there] = [world.browser(), world.browser()];
    await world.logIn(there, person);
    // Only the clock moves: sockets and timers run.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR_MS });
    using _real = { [Symbol.dispose]: () => void vi.useRealTimers() };
    const asked = {
      client_id: 'demo-public-client',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:4711/callback',
      scope: 'openid',
    };
    const pkce = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' };
    const consent = await there.visit(`/oauth2/authorize?${new URLSearchParams({ ...asked, ...pkce })}`);
    await there.submit(consent, { decision: 'allow' });
    const { html } = await world.logIn(here, person);

    const [, since = '', last = ''] =
      /<strong>Another browser: Demo Public Client<\/strong>\n<span>Logged in (.+) UTC by password, last used (.+) UTC<\/span>/.exec(
        html,
      ) ?? [];
    expect(Date.parse(`${last}Z`) - Date.parse(`${since}Z`)).toBeGreaterThanOrEqual(HOUR_MS);
    expect(html.indexOf('This browser')).toBeLessThan(html.indexOf('Another browser'));
  });

  it('ends no session of somebody else', async () => {
    const [mine, theirs] = [world.browser(), world.browser()];
    await world.logIn(mine, await world.person());
    const page = await world.logIn(theirs, await world.person());
    const reference = /name="session" value="([\w-]{43})"/.exec(page.html)?.[1] ?? '';
    await submitTo(mine, await mine.visit('/account'), '/account/sessions', { session: reference });
    expect((await theirs.visit('/account')).url).toMatch(/\/account$/);
  });

  it('changes the password: every other browser and application is logged out, this one stays', async () => {
    const person = await world.person();
    const [here, there] = [world.browser(), world.browser()];
    await world.logIn(there, person);
    await world.logIn(here, person);
    const change = async (fields: Record<string, string>) =>
      submitTo(here, await here.visit('/account/password'), '/account/password', { current: PASSWORD, next: NEXT, again: NEXT, ...fields });
    expect([(await change({ current: 'wrong' })).status, (await change({ again: 'other' })).status]).toEqual([403, 400]);
    expect((await change({ next: 'short', again: 'short' })).html).toContain('shorter than 12 characters');
    const changed = await change({});
    expect(changed).toMatchObject({ url: expect.stringMatching(/\/account$/), status: 200 });
    expect(changed.html).toContain('<p class="outcome" role="status">The password is changed.');
    expect((await here.visit('/account')).html).not.toContain('role="status"');
    expect((await there.visit('/account')).url).toMatch(/login$/);
    expect((await world.logIn(world.browser(), person)).status).toBe(403);
    expect((await world.logIn(world.browser(), person, NEXT)).url).toMatch(/\/account$/);
  });

  it('loses a session whose account an operator disables, for good', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    await world.logIn(browser, person);
    for (const disabled of [true, false]) {
      await world.identity.admin(`/admin/v1/accounts/${person.id}/disabled`, { method: 'PUT', body: { disabled } });
      expect((await browser.visit('/account')).url).toMatch(/login$/);
    }
  });

  it('gives a new id to the session of a browser that logs in again', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    const cookie = () =>
      [...browser.jar.values()].find(({ name }) => name.startsWith('__Host-passthru-session') && !name.endsWith('.sig'))?.value;
    await world.logIn(browser, person);
    const first = cookie();
    await world.logIn(browser, person);
    expect([first === undefined, cookie() === first]).toEqual([false, false]);
    // Another account at this browser is another session, and the one before is gone.
    const page = await world.logIn(browser, await world.person());
    expect(page.html.match(/<strong>(?:This|Another) browser/g)).toEqual(['<strong>This browser']);
  });
});
