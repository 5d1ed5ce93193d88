import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, ISSUER, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';

const BACK = 'https://app.example/callback';
const aWebClient = (authMethod: 'client_secret_basic' | 'client_secret_post') =>
  aClient({ applicationType: 'web', authMethod, redirectUris: [BACK] });

// What the plan "Basic OP" of the OpenID Foundation asks for and no other test does. See docs/conformance.md.
describe.each(databaseKinds())('an OpenID provider for the code flow on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  /** What the provider says the time is, seconds later than it is. */
  let later = 0;
  beforeAll(async () => {
    provider = await providerOn(kind, { now: () => Date.now() + later * 1000 });
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  const registered = (client = aClient()) => {
    const account = anAccount({ email: 'somebody@example.org' });
    provider.register(account, client);
    return { account, client, browser: provider.browser() };
  };
  type Registered = ReturnType<typeof registered>;

  /** A whole log-in in that browser. */
  const logIn = async ({ account, client, browser }: Registered, params: Readonly<Record<string, string | null>> = {}) => {
    const attempt = provider.attempt(client, { scope: 'openid', prompt: null, ...params });
    const { callback, pages, last } = await provider.walk(browser, attempt.url, account);
    const code = callback?.searchParams.get('code');
    const error = callback?.searchParams.get('error');
    const answer = code ? (await provider.exchange(attempt, code)).json<Tokens>() : undefined;
    return { attempt, callback, pages, last, error, tokens: answer, claims: answer && decodeJwt(answer.id_token) };
  };

  test.each(['client_secret_basic', 'client_secret_post'] as const)(
    'gives code and tokens to a confidential client that proves itself by %s',
    async (authMethod) => {
      const { attempt, callback, claims } = await logIn(registered(aWebClient(authMethod)), { redirect_uri: BACK });

      expect(callback?.searchParams.get('state')).toBe(attempt.url.searchParams.get('state'));
      expect(callback?.searchParams.get('iss')).toBe(ISSUER);
      expect(claims).toMatchObject({
        iss: ISSUER,
        aud: attempt.client.clientId,
        nonce: attempt.url.searchParams.get('nonce'),
        sub: expect.any(String),
        exp: expect.any(Number),
        iat: expect.any(Number),
        auth_time: expect.any(Number),
      });
    },
  );

  test('takes a request without a nonce, and its ID token has none', async () => {
    const { claims } = await logIn(registered(), { nonce: null });
    expect(claims).toBeDefined();
    expect(claims).not.toHaveProperty('nonce');
  });

  test.each([
    ['display', 'page'],
    ['display', 'popup'],
    ['ui_locales', 'se de-CH'],
    ['claims_locales', 'se'],
    ['acr_values', '1 2'],
    ['login_hint', 'buffy@example.org'],
    ['extra', 'foobar'],
    ['max_age', '10000'],
  ])('goes on with %s=%s', async (name, value) => {
    const { error, claims } = await logIn(registered(), { [name]: value });
    expect([error, claims?.iss]).toEqual([null, ISSUER]);
  });

  test('takes scopes in any order, and tells which were granted', async () => {
    const { tokens } = await logIn(registered(), { scope: 'email profile openid' });
    expect(tokens?.scope.split(' ').toSorted()).toEqual(['email', 'openid', 'profile']);
  });

  test('tells at userinfo what the scopes give, by GET and POST, with the token in the header or in the form', async () => {
    const person = registered();
    const { account } = person;
    const { tokens } = await logIn(person, { scope: 'openid profile email' });
    const token = String(tokens?.access_token);
    const url = `${ISSUER}/oidc/userinfo`;
    const headers = { authorization: `Bearer ${token}` };

    const answers = await Promise.all([
      provider.send({ url, headers }),
      provider.send({ method: 'POST', url, headers }),
      provider.send({ method: 'POST', url, form: { access_token: token } }),
    ]);
    const inQuery = await provider.send({ url: `${url}?access_token=${token}` });

    for (const answer of answers)
      expect(answer.json()).toMatchObject({
        sub: account.accountId,
        name: account.name,
        preferred_username: account.username,
        email: 'somebody@example.org',
      });
    expect(inQuery.status).toBe(400);
  });

  test('asks again with prompt=login, and the new log-in is a later one of the same person', async () => {
    const person = registered();
    const first = await logIn(person);
    later += 2;
    const second = await logIn(person, { prompt: 'login' });

    expect(second.pages[0]).toBe('login');
    expect(second.claims?.sub).toBe(first.claims?.sub);
    expect(Number(second.claims?.['auth_time'])).toBeGreaterThan(Number(first.claims?.['auth_time']));
  });

  test('asks nobody with prompt=none who is logged in and has agreed, and the log-in is that of before', async () => {
    const person = registered(aWebClient('client_secret_basic'));
    const first = await logIn(person, { redirect_uri: BACK });
    const silent = await logIn(person, { redirect_uri: BACK, prompt: 'none', max_age: '10000' });

    expect(silent.pages).toEqual([]);
    expect([silent.claims?.sub, silent.claims?.['auth_time']]).toEqual([first.claims?.sub, first.claims?.['auth_time']]);
  });

  test('asks again where the log-in is older than max_age', async () => {
    const person = registered();
    const old = provider.attempt(person.client, { scope: 'openid' });
    later -= 60;
    await provider.walk(person.browser, old.url, person.account);
    later += 60;

    const { pages, claims } = await logIn(person, { max_age: '30' });

    expect(pages[0]).toBe('login');
    expect(Date.now() / 1000 - Number(claims?.['auth_time'])).toBeLessThan(30);
  });

  test('takes the ID token of a person who is logged in for a hint, and no other', async () => {
    const person = registered(aWebClient('client_secret_basic'));
    const { tokens } = await logIn(person, { redirect_uri: BACK });
    const stranger = await logIn(registered(person.client), { redirect_uri: BACK });

    const params = { redirect_uri: BACK, prompt: 'none' };
    const same = await logIn(person, { ...params, id_token_hint: String(tokens?.id_token) });
    const other = await logIn(person, { ...params, id_token_hint: String(stranger.tokens?.id_token) });

    expect([same.error, other.error]).toEqual([null, 'login_required']);
  });

  test.each([
    ['request', `${btoa('{"alg":"none"}')}.${btoa('{"redirect_uri":"https://evil.example/"}')}.`, 'request_not_supported'],
    ['request_uri', 'https://client.example/request.jwt', 'request_uri_not_supported'],
    ['registration', '{}', 'registration_not_supported'],
  ])('says of %s that it is not supported, and fetches nothing', async (name, value, error) => {
    const { client, browser } = registered();
    const answer = await provider.walk(browser, provider.attempt(client, { [name]: value }).url);
    expect(answer.callback?.searchParams.get('error') ?? answer.last.text).toContain(error);
    expect(answer.callback?.origin ?? '').not.toContain('evil');
  });

  test.each([['code id_token'], ['code token'], ['token'], ['id_token'], ['id_token token']])(
    'refuses the response type %s, which would put tokens into an address',
    async (responseType) => {
      const { client, browser } = registered();
      const { callback } = await provider.walk(browser, provider.attempt(client, { response_type: responseType }).url);
      expect(callback?.searchParams.get('error') ?? new URLSearchParams(callback?.hash.slice(1)).get('error')).toBe(
        'unsupported_response_type',
      );
    },
  );

  test.each(['fragment', 'web_message', 'jwt'])('refuses the response mode %s', async (mode) => {
    const { client, browser } = registered();
    const { callback, last } = await provider.walk(browser, provider.attempt(client, { response_mode: mode }).url);
    expect(callback === null ? last.text : callback.search + callback.hash).toMatch(/error=(unsupported_response_mode|invalid_request)/);
    expect(callback?.searchParams.get('code') ?? null).toBeNull();
  });

  test.each(['password', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:token-exchange'])(
    'knows no grant %s',
    async (grant) => {
      const { account, client } = registered();
      const form = { grant_type: grant, username: account.username, password: 'guessed' };
      expect((await provider.post('/oauth2/token', form, client)).json()).toMatchObject({ error: 'unsupported_grant_type' });
    },
  );

  test('answers a form by 303, with which no browser sends the password on', async () => {
    const { account, client, browser } = registered();
    const { headers } = await browser.request({ url: provider.attempt(client).url });
    const page = new URL(String(headers.location), ISSUER);
    const answer = await browser.request({ method: 'POST', url: page, body: { account_id: account.accountId } });
    expect([page.pathname.split('/')[1], answer.status]).toEqual(['login', 303]);
  });

  test('names itself in a refusal that goes back to the client, too', async () => {
    const { client, browser } = registered();
    const { callback } = await provider.walk(browser, provider.attempt(client, { prompt: 'none' }).url);
    expect(Object.fromEntries(callback?.searchParams ?? [])).toMatchObject({ error: 'login_required', iss: ISSUER });
  });

  test('takes a registered redirect URI alone: none is left out, added to, or looked up', async () => {
    const { client, browser } = registered(aWebClient('client_secret_basic'));
    for (const uri of [null, `${BACK}?foo=bar`, `${BACK}/`, 'https://app.example/callback/../other', 'https://evil.example/callback']) {
      const url = provider.attempt(client, { redirect_uri: BACK }).url;
      if (uri === null) url.searchParams.delete('redirect_uri');
      else url.searchParams.set('redirect_uri', uri);
      const { callback, last } = await provider.walk(browser, url);
      expect([uri, callback, last.status]).toEqual([uri, null, 400]);
    }
  });
});
