import { SignJWT, decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, ISSUER, type Tokens } from '#test/identity/support/identity-provider.ts';
import { logOut } from '#test/identity/support/log-out.ts';
import { databaseKinds } from '#test/support/database.ts';

const BACK = 'http://127.0.0.1:49152/logged-out';

describe.each(databaseKinds())('a log-out that a client asks for, on %s', (kind) => {
  let provider: Awaited<ReturnType<typeof providerOn>>;
  beforeAll(async () => (provider = await providerOn(kind)));
  afterAll(() => provider[Symbol.asyncDispose]());

  const loggedIn = async () => {
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const browser = provider.browser();
    const attempt = provider.attempt(client, { scope: 'openid' });
    const { id_token: idToken } = (await provider.exchange(attempt, await provider.code(attempt, account, browser))).json<Tokens>();
    const isOver = async () => (await provider.walk(browser, provider.attempt(client, { prompt: 'none' }).url)).callback?.searchParams;
    return { account, client, browser, idToken, error: async () => (await isOver())?.get('error') };
  };

  test.each([
    ['id_token_hint', 'yes'],
    ['client_id', 'yes'],
    ['both', 'yes'],
    ['neither, which leaves the address aside', 'no'],
  ])('with %s goes back to the client with its state: %s', async (named, goesBack) => {
    const { client, browser, idToken, error } = await loggedIn();
    const left = await logOut(browser, {
      ...(named === 'id_token_hint' || named === 'both' ? { id_token_hint: idToken } : {}),
      ...(named === 'client_id' || named === 'both' ? { client_id: client.clientId } : {}),
      post_logout_redirect_uri: BACK,
      state: 'a state & more',
      ui_locales: 'de-CH fr',
      logout_hint: 'somebody',
    });

    const page = `${ISSUER}/oidc/logout/success`;
    expect([left.status, left.headers.location]).toEqual([303, goesBack === 'yes' ? `${BACK}?state=a+state+%26+more` : page]);
    expect(await error()).toBe('login_required');
  });

  test.each([
    ['a hint', true],
    ['a state', false],
  ])('with %s alone ends at a page of ours, and the session with it', async (_what, isHint) => {
    const { browser, idToken, error } = await loggedIn();
    const left = await logOut(browser, isHint ? { id_token_hint: idToken } : { state: 'a state' });
    const page = await browser.request({ url: String(left.headers.location) });

    expect([page.status, page.text.includes('You are logged out')]).toEqual([200, true]);
    expect(await error()).toBe('login_required');
  });

  test('is refused with a hint whose signature was changed, and the session goes on', async () => {
    const { browser, idToken, error } = await loggedIn();
    const [header = '', payload = '', signature = ''] = idToken.split('.');
    const forged = [header, payload, signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`].join('.');
    const query = new URLSearchParams({ id_token_hint: forged, post_logout_redirect_uri: BACK });

    expect((await browser.request({ url: `${ISSUER}/oidc/logout?${query}` })).status).toBe(400);
    expect(await error()).not.toBe('login_required');
  });

  test('by POST is the same request by GET', async () => {
    const { client, browser, idToken } = await loggedIn();
    const form = { id_token_hint: idToken, post_logout_redirect_uri: BACK, state: 's-1' };

    const sentOn = await browser.request({ method: 'POST', url: `${ISSUER}/oidc/logout`, form });
    expect([sentOn.status, sentOn.headers.location]).toEqual([303, `/oidc/logout?${new URLSearchParams(form).toString()}`]);
    const page = await browser.request({ url: new URL(sentOn.headers.location ?? '', ISSUER) });
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.text).toContain(client.name.replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
  });

  test('takes a hint that has expired, and one whose session is over already', async () => {
    const { browser, idToken, client } = await loggedIn();
    const { keys } = await provider.keys.current();
    const expired = await new SignJWT({ ...decodeJwt(idToken), exp: 1_000 })
      .setProtectedHeader({ alg: 'ES256', kid: String(keys[0].kid) })
      .sign(keys[0]);
    expect((await logOut(browser, { id_token_hint: expired, post_logout_redirect_uri: BACK })).headers.location).toBe(BACK);

    const nobody = await browser.request({
      url: `${ISSUER}/oidc/logout?${new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: BACK }).toString()}`,
    });
    expect(nobody.status).toBe(200);
    expect(nobody.text).toContain('Nobody is logged in here');
    expect(nobody.text).not.toContain(client.clientId);
    expect(nobody.headers['content-security-policy']).toMatch(/form-action 'self' http:\/\/127\.0\.0\.1:49152;.*script-src 'sha256-/);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(nobody.text)?.[1] ?? '';
    const form = { xsrf, logout: 'yes' };
    expect((await browser.request({ method: 'POST', url: `${ISSUER}/oidc/logout/confirm`, form })).headers.location).toBe(BACK);
  });

  test.each([
    ['an address of another client', { post_logout_redirect_uri: 'http://127.0.0.1/elsewhere' }],
    ['its address with a query that is not registered', { post_logout_redirect_uri: `${BACK}?foo=bar` }],
    ['a client that does not fit the hint', { client_id: 'another' }],
    ['a hint that nobody signed', { id_token_hint: 'made.up.token' }],
    ['a parameter twice', null],
  ])('is refused with %s, and the session goes on', async (_what, params) => {
    const { browser, idToken, error } = await loggedIn();
    const query = new URLSearchParams({ id_token_hint: idToken, ...params }).toString();

    const refused = await browser.request({ url: `${ISSUER}/oidc/logout?${query}${params === null ? '&state=a&state=b' : ''}` });

    expect(refused.status).toBe(400);
    expect(await error()).not.toBe('login_required');
  });
});
