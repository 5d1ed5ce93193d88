import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { aClient, anAccount, ISSUER, REDIRECT, type Tokens } from '#test/identity/support/identity-provider.ts';

describe.each(databaseKinds())('claims that a client asks for by name, on %s', (kind) => {
  let provider: Awaited<ReturnType<typeof providerOn>>;
  beforeAll(async () => (provider = await providerOn(kind)));
  afterAll(() => provider[Symbol.asyncDispose]());

  const web = { applicationType: 'web', redirectUris: [REDIRECT.replace('http', 'https')] } as const;
  const redirect_uri = web.redirectUris[0];
  const userinfo = async (token: string): Promise<Record<string, unknown>> =>
    (await provider.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `Bearer ${token}` } })).json();

  test.each([
    ['a JWT for the KMS', 'openid kms:read'],
    ['an opaque token for an API', 'openid opaque:read'],
    ['a token for userinfo alone', 'openid'],
  ])('come where they were asked for, with %s', async (_what, scope) => {
    const [account, client] = [anAccount({ email: 'ann@example.org' }), aClient()];
    provider.register(account, client);
    const claims = { id_token: { name: { essential: true }, sid: null }, userinfo: { email: null, unheard_of: null } };

    const tokens = await provider.tokens(client, account, { scope: `${scope} offline_access`, claims: JSON.stringify(claims) });

    expect(decodeJwt(tokens.id_token)).toMatchObject({ name: account.name, sid: expect.any(String) });
    expect(decodeJwt(tokens.id_token)).not.toHaveProperty('email');
    expect(await userinfo(tokens.access_token)).toEqual({ sub: account.accountId, email: 'ann@example.org' });
    const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token };
    const again = (await provider.post('/oauth2/token', form, client)).json<Tokens>();
    expect(decodeJwt(again.id_token)).toMatchObject({ name: account.name, sid: decodeJwt(tokens.id_token)['sid'] });
    expect(await userinfo(again.access_token)).toEqual({ sub: account.accountId, email: 'ann@example.org' });
  });

  test('are asked of the person, once, and those that no scope of the client gives do not come', async () => {
    const [account, client] = [anAccount({ email: 'ann@example.org' }), aClient({ ...web, scopes: ['openid', 'profile'] })];
    provider.register(account, client);
    const browser = provider.browser();
    const ask = async (claims: object) => {
      const params = { scope: 'openid', prompt: null, redirect_uri, claims: JSON.stringify(claims) };
      const attempt = provider.attempt(client, params);
      const { pages, callback } = await provider.walk(browser, attempt.url, account);
      const answer = await provider.exchange(attempt, callback?.searchParams.get('code') ?? '');
      return { pages, claims: decodeJwt(answer.json<Tokens>().id_token) };
    };

    expect(await ask({ id_token: { email: { essential: true } } })).toMatchObject({ pages: ['login', 'consent'] });
    const first = await ask({ id_token: { roles: null, email: null } });
    expect([first.pages, first.claims['roles'], first.claims['email']]).toEqual([['consent'], ['user'], undefined]);
    const second = await ask({ id_token: { roles: null } });
    expect([second.pages, second.claims['roles']]).toEqual([[], ['user']]);
  });

  test('come to a client of the first party without a question, of those that its scopes give', async () => {
    const [account, client] = [anAccount(), aClient({ ...web, firstParty: true, scopes: ['openid', 'profile'] })];
    provider.register(account, client);
    const claims = JSON.stringify({ id_token: { roles: null, email: null } });
    const attempt = provider.attempt(client, { scope: 'openid', prompt: null, redirect_uri, claims });

    const { pages, callback } = await provider.walk(provider.browser(), attempt.url, account);
    const answer = await provider.exchange(attempt, callback?.searchParams.get('code') ?? '');

    const inToken = decodeJwt(answer.json<Tokens>().id_token);
    expect([pages, inToken['roles'], inToken['email']]).toEqual([['login'], ['user'], undefined]);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['nothing of an ID token or userinfo', '{"other":{}}'],
    ['a claim that is neither null nor an object', '{"id_token":{"email":true}}'],
  ])('are refused as %s', async (_what, claims) => {
    const client = aClient();
    provider.register(client);

    const { callback } = await provider.walk(provider.browser(), provider.attempt(client, { claims }).url);

    expect(callback?.searchParams.get('error')).toBe('invalid_request');
  });

  test('say whose log-in it has to be', async () => {
    const [ann, bob, client] = [anAccount(), anAccount(), aClient()];
    provider.register(ann, bob, client);
    const browser = provider.browser();
    await provider.walk(browser, provider.attempt(client).url, ann);
    const claims = (sub: string) => JSON.stringify({ id_token: { sub: { value: sub } } });

    const same = await provider.walk(browser, provider.attempt(client, { prompt: null, claims: claims(ann.accountId) }).url);
    const other = await provider.walk(browser, provider.attempt(client, { prompt: 'none', claims: claims(bob.accountId) }).url);

    expect(same.pages).toEqual(['consent']);
    expect(other.callback?.searchParams.get('error')).toBe('login_required');
  });
});
