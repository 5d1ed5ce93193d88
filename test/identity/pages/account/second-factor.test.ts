import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { type FactorsWorld, factorsWorld, PASSWORD, type Person, submitTo } from '#test/identity/support/second-factors.ts';
import { softPasskey } from '#test/identity/support/soft-passkey.ts';
import { databaseKinds } from '#test/support/database.ts';
import type { Browser } from '#test/support/identity-browser.ts';
import { ISSUER } from '#test/support/identity.ts';

const REDIRECT = 'http://127.0.0.1:43118/callback';
const [ONE, TWO, PHR] = ['urn:passthru:acr:password', 'urn:passthru:acr:two-factor', 'phr'];

describe.each(databaseKinds())('a second factor on %s', (kind) => {
  let world: FactorsWorld;
  let client: oidc.Configuration;
  beforeAll(async () => {
    world = await factorsWorld(kind);
    client = await oidc.discovery(new URL(ISSUER), 'demo-public-client', undefined, oidc.None(), {
      [oidc.customFetch]: world.identity.fetch as oidc.CustomFetch,
    });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** Begins at the client; ends at the first page that asks for something, or at the client. */
  const authorize = async (browser: Browser, change: Record<string, string> = {}) => {
    const verifier = oidc.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri: REDIRECT,
      scope: 'openid offline_access kms:read',
      resource: KMS_RESOURCE,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...change,
    };
    return { page: await browser.visit(oidc.buildAuthorizationUrl(client, parameters).href), verifier };
  };
  const consent = async (browser: Browser, page: Awaited<ReturnType<Browser['visit']>>) =>
    page.url.includes('/consent/') ? submitTo(browser, page, new URL(page.url).pathname, { decision: 'allow' }) : page;
  const tokensOf = async (url: string, verifier: string) =>
    oidc.authorizationCodeGrant(client, new URL(url), { pkceCodeVerifier: verifier, idTokenExpected: true });
  const answer = (browser: Browser, page: Awaited<ReturnType<Browser['visit']>>, fields: Record<string, string>) =>
    submitTo(browser, page, new URL(page.url).pathname, fields);

  const withApp = async (): Promise<{ person: Person; secret: string; recoveryCodes: readonly string[]; browser: Browser }> => {
    const [browser, person] = [world.browser(), await world.person()];
    await world.logIn(browser, person);
    return { browser, person, ...(await world.addApp(browser)) };
  };

  it('is asked for at the log-in of a client, after the password; the ID token says so', async () => {
    const { person, secret } = await withApp();
    const browser = world.browser();
    const { page, verifier } = await authorize(browser);
    const second = await answer(browser, page, { username: person.username, password: PASSWORD, decision: 'login' });
    expect(second).toMatchObject({ url: expect.stringMatching(/\/login\/[\w-]+\/second-factor$/), status: 200 });
    const wrong = await answer(browser, second, { decision: 'code', code: '000000' });
    expect([wrong.status, wrong.html.includes('The code is wrong')]).toEqual([403, true]);
    const done = await consent(browser, await answer(browser, wrong, { decision: 'code', code: world.freshCode(secret) }));
    const claims = (await tokensOf(done.url, verifier)).claims();
    expect(claims).toMatchObject({ acr: TWO, amr: ['pwd', 'otp', 'mfa'], sub: person.id });
  });

  it('opens nothing by the password alone, whatever page a browser goes to next', async () => {
    const { person } = await withApp();
    const browser = world.browser();
    const { page } = await authorize(browser);
    await answer(browser, page, { username: person.username, password: PASSWORD, decision: 'login' });
    const uid = new URL(page.url).pathname.split('/').at(-1) ?? '';
    const resumed = await browser.visit(`/oauth2/authorize/${uid}`);
    expect([resumed.url.includes('code='), (await browser.visit('/account')).url.endsWith('/account/login')]).toEqual([false, true]);
    // Nor does the step of one log-in open another.
    const other = await authorize(browser);
    const path = `${new URL(other.page.url).pathname}/second-factor`;
    expect((await browser.visit(path)).status).toBe(403);
  });

  it('of the demo is that of its documentation', async () => {
    const browser = world.browser();
    const page = await world.logIn(browser, { id: '', username: 'demo-two-factor' }, 'demo-two-factor-password');
    const code = world.freshCode('OBQXG43UNBZHKIDEMVWW6IDTMVRXEZLU');
    const account = await submitTo(browser, page, '/account/login/second-factor', { decision: 'code', code });
    expect([account.status, account.html.includes('demo-two-factor')]).toEqual([200, true]);
  });

  it('takes each code once, and no step before one that was used', async () => {
    const { person, secret } = await withApp();
    const [earlier, later] = [world.freshCode(secret), world.freshCode(secret)];
    const tries = async (code: string) => {
      const browser = world.browser();
      return (await submitTo(browser, await world.logIn(browser, person), '/account/login/second-factor', { code, decision: 'code' }))
        .status;
    };
    expect([await tries(later), await tries(later), await tries(earlier)]).toEqual([200, 403, 403]);
  });

  it('may be a recovery code, once, however it is typed', async () => {
    const { person, recoveryCodes } = await withApp();
    expect(new Set(recoveryCodes).size).toBe(10);
    const [first = '', second = ''] = recoveryCodes;
    const tries = async (code: string) => {
      const browser = world.browser();
      return submitTo(browser, await world.logIn(browser, person), '/account/login/second-factor', { code, decision: 'code' });
    };
    expect([(await tries(first)).status, (await tries(first)).status]).toEqual([200, 403]);
    const page = await tries(` ${second.replaceAll('-', ' ').toUpperCase()} `);
    expect([page.status, page.html.includes('8 are left.')]).toEqual([200, true]);
  });

  it('that is a passkey alone is asked for without the words of an app, which there is none of', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    await world.logIn(browser, person);
    const adding = await browser.visit('/account/passkeys');
    const options = (/data-options="([^"]*)"/.exec(adding.html)?.[1] ?? '').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    const credential = softPasskey(ISSUER).create(options);
    await submitTo(browser, adding, '/account/passkeys', { decision: 'passkey', credential, name: 'key' });
    const asked = async () => (await world.logIn(world.browser(), person)).html;
    expect(await asked()).toContain('<label for="code">Recovery code</label>');
    await world.addApp(browser);
    expect(await asked()).toContain('<label for="code">Code of your app, or a recovery code</label>');
  });

  it('is made anew and removed by its owner soon after the log-in alone', async () => {
    const { browser, person, recoveryCodes } = await withApp();
    const renewed = await submitTo(browser, await browser.visit('/account'), '/account/recovery-codes');
    expect(renewed.html).not.toContain(recoveryCodes[0]);
    const page = await browser.visit('/account');
    world.wait(16 * 60);
    expect((await browser.visit('/account')).html).toContain('To add or remove a second factor');
    expect((await submitTo(browser, page, '/account/totp', { decision: 'remove' })).url).toMatch(/login$/);
    const code = /<code>([a-z2-7-]{19})<\/code>/.exec(renewed.html)?.[1] ?? '';
    const again = await submitTo(browser, await world.logIn(browser, person), '/account/login/second-factor', { code, decision: 'code' });
    await submitTo(browser, again, '/account/totp', { decision: 'remove' });
    expect((await world.logIn(world.browser(), person)).url).toMatch(/\/account$/);
  });

  it('is asked for anew where the password changes: who knows that alone gets no fresh log-in of a browser that was left alone', async () => {
    const { browser, person, secret } = await withApp();
    const next = 'quite another password';
    const fields = { current: PASSWORD, next, again: next };
    const changed = await submitTo(browser, await browser.visit('/account/password'), '/account/password', fields);
    expect([changed.status, new URL(changed.url).pathname]).toEqual([200, '/account/login/second-factor']);
    expect((await browser.visit('/account')).url).toMatch(/\/account\/login$/);
    const page = await submitTo(browser, changed, '/account/login/second-factor', { decision: 'code', code: world.freshCode(secret) });
    expect([page.url.endsWith('/account'), page.html.includes(person.username)]).toEqual([true, true]);
  });

  it('is not there until its first code was given', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    const page = await world.logIn(browser, person);
    const shown = await submitTo(browser, page, '/account/totp', { decision: 'begin' });
    expect(shown.html).toContain('<svg');
    expect((await submitTo(browser, shown, '/account/totp', { decision: 'confirm', code: '123456' })).status).toBe(403);
    expect((await world.logIn(world.browser(), person)).url).toMatch(/\/account$/);
  });

  it('is all that is asked for where a client wants more than the session is; the time of the log-in stays', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    await world.logIn(browser, person);
    const first = await authorize(browser);
    const before = (await tokensOf((await consent(browser, first.page)).url, first.verifier)).claims();
    expect(before).toMatchObject({ acr: ONE, amr: ['pwd'] });
    // An app of another browser, so that this session stays as it is.
    const other = world.browser();
    await world.logIn(other, person);
    const { secret } = await world.addApp(other);
    const { page, verifier } = await authorize(browser, { acr_values: `${PHR} ${TWO}` });
    expect(page.url).toMatch(/second-factor$/);
    const done = await consent(browser, await answer(browser, page, { decision: 'code', code: world.freshCode(secret) }));
    const claims = (await tokensOf(done.url, verifier)).claims();
    expect(claims).toMatchObject({ acr: TWO, amr: ['pwd', 'otp', 'mfa'], auth_time: before?.auth_time });
    // It is asked for once, and what is more than enough counts, too.
    for (const acr of [TWO, ONE]) {
      const next = await authorize(browser, { acr_values: acr ?? '' });
      expect((await tokensOf((await consent(browser, next.page)).url, next.verifier)).claims()).toMatchObject({ acr });
    }
  });

  it('that the account has not is told to the client as unmet, with a session and without', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    const { page } = await authorize(browser, { acr_values: TWO ?? '' });
    const refused = await answer(browser, page, { username: person.username, password: PASSWORD, decision: 'login' });
    expect(new URL(refused.url).searchParams.get('error')).toBe('unmet_authentication_requirements');
    await world.logIn(browser, person);
    const withSession = await authorize(browser, { acr_values: TWO ?? '' });
    expect(new URL(withSession.page.url).searchParams.get('error')).toBe('unmet_authentication_requirements');
    const silent = await authorize(browser, { acr_values: TWO ?? '', prompt: 'none' });
    expect(new URL(silent.page.url).searchParams.get('error')).toBe('login_required');
  });

  it('is asked for by an essential claim, too, and a claim that no log-in could meet is told as unmet', async () => {
    const { browser } = await withApp();
    const essential = (acr: object) => JSON.stringify({ id_token: { acr: { essential: true, ...acr } } });
    const { page, verifier } = await authorize(browser, { claims: essential({ value: TWO }) });
    expect((await tokensOf((await consent(browser, page)).url, verifier)).claims()).toMatchObject({ acr: TWO });
    const stronger = await authorize(browser, { claims: essential({ values: [PHR] }) });
    expect(new URL(stronger.page.url).searchParams.get('error')).toBe('unmet_authentication_requirements');
    const unknown = await authorize(browser, { claims: essential({ values: ['urn:mace:incommon:iap:silver'] }) });
    expect(new URL(unknown.page.url).searchParams.get('error')).toBe('unmet_authentication_requirements');
    const [other, person] = [world.browser(), await world.person()];
    await world.logIn(other, person);
    const without = await authorize(other, { claims: essential({ values: [TWO] }) });
    expect(new URL(without.page.url).searchParams.get('error')).toBe('unmet_authentication_requirements');
  });

  it('is not asked for by values that nobody knows: acr_values is a wish', async () => {
    const [browser, person] = [world.browser(), await world.person()];
    await world.logIn(browser, person);
    const { page, verifier } = await authorize(browser, { acr_values: 'urn:mace:incommon:iap:silver' });
    expect((await tokensOf((await consent(browser, page)).url, verifier)).claims()).toMatchObject({ acr: ONE });
  });

  it('is announced in discovery', () => {
    expect(client.serverMetadata()).toMatchObject({
      acr_values_supported: [ONE, TWO, PHR],
      claims_supported: expect.arrayContaining(['acr', 'amr']),
    });
  });

  it('that was lost is removed by an operator: the password is enough then, and all sessions and tokens have ended', async () => {
    const { browser, person } = await withApp();
    const { page, verifier } = await authorize(browser);
    const { refresh_token: refreshToken = '' } = await tokensOf((await consent(browser, page)).url, verifier);
    const path = `/admin/v1/accounts/${person.id}`;
    const kinds = async () => (await (await world.identity.admin(path)).json()) as object;
    const reset = async () => (await world.identity.admin(`${path}/second-factors`, { method: 'DELETE' })).status;
    expect(await kinds()).toMatchObject({ second_factors: ['totp'] });
    expect([await reset(), await reset()]).toEqual([204, 409]);
    expect(await kinds()).toMatchObject({ second_factors: [] });
    expect((await browser.visit('/account')).url).toMatch(/login$/);
    await expect(oidc.refreshTokenGrant(client, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
    const again = world.browser();
    expect((await world.logIn(again, person)).url).toMatch(/\/account$/);
    expect((await world.addApp(again)).recoveryCodes).toHaveLength(10);
  });

  it('stays asked for when the password changes, and a grant can be taken back', async () => {
    const { person, secret } = await withApp();
    const browser = world.browser();
    const { page, verifier } = await authorize(browser);
    const second = await answer(browser, page, { username: person.username, password: PASSWORD, decision: 'login' });
    const done = await consent(browser, await answer(browser, second, { decision: 'code', code: world.freshCode(secret) }));
    const { refresh_token: refreshToken = '' } = await tokensOf(done.url, verifier);
    const account = await browser.visit('/account');
    expect(account.html).toContain('Demo Public Client');
    const grant = /name="grant" value="([\w-]+)"/.exec(account.html)?.[1] ?? '';
    const after = await submitTo(browser, account, '/account/grants', { grant });
    expect(after.html).toContain('You have allowed nothing to any application.');
    await expect(oidc.refreshTokenGrant(client, refreshToken)).rejects.toMatchObject({ error: 'invalid_grant' });
    const next = 'quite another password';
    const changed = await submitTo(browser, await browser.visit('/account/password'), '/account/password', {
      current: PASSWORD,
      next,
      again: next,
    });
    expect(changed.url).toMatch(/second-factor$/);
    expect((await world.logIn(world.browser(), person, next)).url).toMatch(/second-factor$/);
  });
});
