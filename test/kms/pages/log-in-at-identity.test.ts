import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { BROWSER_KEYS, ORIGIN, SESSION } from '#test/kms/support/browser.ts';
import { type KmsAndIdentity, kmsAndIdentity, personAt } from '#test/kms/support/kms-and-identity.ts';
import { ISSUER } from '#test/support/identity.ts';

/** How far the clocks of the KMS are ahead of those of Identity, in milliseconds. */
const ahead = { wall: 0, steady: 0 };
const steadily = (seconds: number): void => void (ahead.steady += seconds * 1_000);
let both: KmsAndIdentity;
beforeAll(async () => {
  both = await kmsAndIdentity({ now: () => Date.now() + ahead.wall, elapsed: () => performance.now() + ahead.steady });
});
afterAll(() => both[Symbol.asyncDispose]());

/** The code of the error that a page shows. */
const shown = (page: HttpsResponse): string => `${page.status} ${/Error <code>([a-z-]+)<\/code>/.exec(page.text)?.[1] ?? 'none'}`;
const changed = (callback: string, change: Readonly<Record<string, string | null>>): string => {
  const url = new URL(callback, ISSUER);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
};

describe('A log-in at Identity', () => {
  it('asks with PKCE, state and nonce, and ends in a session that knows who logged in', async () => {
    const person = personAt(both);
    const address = new URL(await person.begin('/ui/swagger/'));
    const asked = Object.fromEntries(address.searchParams);
    expect(asked).toMatchObject({
      response_type: 'code',
      client_id: 'passthru-kms',
      code_challenge_method: 'S256',
      resource: 'urn:passthru:kms',
    });
    expect(asked['code_challenge']).toMatch(/^[\w-]{43}$/);
    expect(asked['state']?.length).toBeGreaterThan(40);
    expect(asked['nonce']?.length).toBeGreaterThan(40);
    const answer = await person.browser.send(await person.through(address.href));
    expect([answer.status, answer.headers['location']]).toEqual([303, '/ui/swagger/']);
    expect((await person.browser.send(SESSION)).json()).toMatchObject({
      username: 'demo-tenant-admin',
      issuer: ISSUER,
      roles: ['tenant-admin'],
      tenant: { name: 'demo' },
    });
    expect((await person.browser.send('/ui/')).text).toContain('<strong>demo-tenant-admin</strong>');
    const sealed = await person.browser.change('POST', `${BROWSER_KEYS}/demo-encryption-key/encrypt`, { plaintext: 'aGVsbG8' });
    expect(sealed.status).toBe(200);
  });

  it('gives no token of Identity to the browser, nor to the database', async () => {
    const person = personAt(both);
    const answer = await person.logIn();
    const all = JSON.stringify([answer.headers, answer.setCookies, answer.text, (await person.browser.send(SESSION)).text]);
    expect(all).not.toMatch(/eyJ/);
  });

  it('is refused a second time with the same answer, and the code is good only once', async () => {
    const person = personAt(both);
    const callback = await person.through(await person.begin());
    const before = person.browser.cookies();
    expect((await person.browser.send(callback)).status).toBe(303);
    expect(shown(await person.browser.send(callback))).toBe('400 log-in-unknown');
    // Somebody has kept the cookie of the log-in as well.
    expect(shown(await both.kms.send(callback, { headers: { cookie: before } }))).toBe('400 log-in-refused');
  });

  it('is refused to a browser that has not begun it: nobody can be logged in as somebody else', async () => {
    const [attacker, victim] = [personAt(both), personAt(both)];
    const callback = await attacker.through(await attacker.begin());
    expect(shown(await victim.browser.send(callback))).toBe('400 log-in-unknown');
    await victim.begin();
    expect(shown(await victim.browser.send(callback))).toBe('400 log-in-unknown');
    expect((await victim.browser.send(SESSION)).status).toBe(401);
  });

  it.each([
    ['another state', { state: 'a.else' }, '400 log-in-unknown'],
    ['no state', { state: null }, '400 log-in-unknown'],
    ['another issuer', { iss: 'https://evil.example' }, '400 log-in-refused'],
    ['no issuer', { iss: null }, '400 log-in-refused'],
    ['no code', { code: null }, '400 log-in-refused'],
    ['another code', { code: 'else' }, '400 log-in-refused'],
    ['an error', { code: null, error: 'access_denied' }, '403 log-in-denied'],
    ['an error that is no word', { code: null, error: '<script>' }, '403 log-in-denied'],
  ])('is refused where the answer has %s', async (_what, change, expected) => {
    const person = personAt(both);
    const callback = await person.through(await person.begin());
    const page = await person.browser.send(changed(callback, change));
    expect(shown(page)).toBe(expected);
    expect(page.text).not.toContain('<script>');
    expect((await person.browser.send(SESSION)).status).toBe(401);
  });

  it('comes too late after half an hour', async () => {
    const person = personAt(both);
    const callback = await person.through(await person.begin());
    ahead.wall = 31 * 60_000;
    expect(shown(await person.browser.send(callback))).toBe('400 log-in-unknown');
    ahead.wall = 0;
  });

  it('comes to its end in each of two tabs', async () => {
    const person = personAt(both);
    const [first, second] = [await person.begin('/ui/'), await person.begin('/ui/swagger/')];
    const one = await person.browser.send(await person.through(first));
    const other = await person.browser.send(await person.through(second));
    expect([one.headers['location'], other.headers['location']]).toEqual(['/ui/', '/ui/swagger/']);
    expect((await person.browser.send(SESSION)).status).toBe(200);
  });

  it('ends within the stated time after the session at Identity has ended', async () => {
    const person = personAt(both);
    await person.logIn();
    const page = await person.browser.send('/ui/');
    const out = await person.browser.submit('/ui/log-out', person.browser.fieldsOf(page, '/ui/log-out'));
    const target = new URL(out.headers['location'] ?? '');
    expect([out.status, target.origin + target.pathname]).toEqual([303, `${ISSUER}/oidc/logout`]);
    expect((await person.browser.send(SESSION)).status).toBe(401);

    // Another browser session of the same person, whose log-out happens at Identity alone.
    const other = personAt(both);
    await other.logIn();
    const asked = await other.atIdentity.visit(target.href);
    const end = await other.atIdentity.submit(asked, { logout: 'yes' });
    expect(end.url).toBe('https://localhost:8081/ui/logged-out');
    expect((await other.browser.send(SESSION)).status).toBe(200);
    steadily(31);
    expect((await other.browser.send(SESSION)).status).toBe(401);
  });

  it('ends within the stated time after its user was disabled at Identity', async () => {
    const person = personAt(both);
    await person.logIn('demo-user');
    const set = async (disabled: number) => {
      await using databases = await openDatabases(both.identity.config.database, { telemetry: noTelemetry() });
      await using database = await databases.open<IdentityTables>('identity', identityMigrations);
      await database.db.updateTable('accounts').set({ disabled }).where('username', '=', 'demo-user').execute();
    };
    await set(1);
    expect((await person.browser.send(SESSION)).status).toBe(200);
    steadily(31);
    expect((await person.browser.send(SESSION)).status).toBe(401);
    await set(0);
    // He comes back, and has to log in anew.
    expect((await person.browser.send(SESSION)).status).toBe(401);
  });

  it('ends within a second after the log-out at Identity where that tells of it, and no request has asked', async () => {
    await using told = await kmsAndIdentity({ feed: true });
    const [person, bystander] = [personAt(told), personAt(told)];
    await person.logIn();
    await bystander.logIn('demo-user');
    await expect.poll(async () => (await told.kms.sendAdmin('/readyz')).text, { timeout: 10_000 }).toMatch(/-feed":\{"state":"up"/);
    expect((await person.browser.send(SESSION)).status).toBe(200);
    const out = new URL(`${ISSUER}/oidc/logout`);
    out.search = new URLSearchParams({ client_id: 'passthru-kms', post_logout_redirect_uri: `${ORIGIN}/ui/logged-out` }).toString();
    await person.atIdentity.submit(await person.atIdentity.visit(out.href), { logout: 'yes' });
    const left = performance.now();
    await expect.poll(async () => (await person.browser.send(SESSION)).status, { interval: 50, timeout: 5_000 }).toBe(401);
    expect(performance.now() - left).toBeLessThan(2_000);
    expect((await bystander.browser.send(SESSION)).status).toBe(200);
  });

  it('lets nobody in while Identity does not say whether his session goes on, and ends none for it', async () => {
    await using alone = await kmsAndIdentity({ elapsed: () => performance.now() + ahead.steady });
    const person = personAt(alone);
    await person.logIn();
    await alone.identity[Symbol.asyncDispose]();
    expect((await person.browser.send(SESSION)).status).toBe(200);
    steadily(31);
    const refused = await person.browser.send(SESSION);
    expect([refused.status, refused.json<{ code: string }>().code]).toEqual([503, 'identity-unavailable']);
    const page = await person.browser.send('/ui/');
    expect(shown(page)).toBe('503 identity-unavailable');
  });
});
