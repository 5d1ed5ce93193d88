import { generateKeyPair, SignJWT, exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds } from '#test/support/database.ts';
import { type AssertionKey, assertionKey } from '#test/identity/support/client-assertions.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { type Attempt, aClient, anAccount, ISSUER, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';
import { type DpopKey, dpopKey } from '#test/kms/support/dpop.ts';

const BACK = 'https://app.example/callback';
const [PAR, TOKEN, USERINFO] = ['/oauth2/par', '/oauth2/token', '/oidc/userinfo'];

// What the plan "FAPI 2.0 Security Profile" of the OpenID Foundation asks for and no other test does. See docs/conformance.md.
describe.each(databaseKinds())('a client that proves itself by its key, pushes its requests and binds its tokens, on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  let key: AssertionKey;
  let proofKey: DpopKey;
  const account = anAccount();
  beforeAll(async () => {
    provider = await providerOn(kind);
    [key, proofKey] = [await assertionKey(), await dpopKey()];
    provider.register(account);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  const registered = (jwk = key.jwk) => {
    const client = aClient({
      applicationType: 'web',
      authMethod: 'private_key_jwt',
      jwks: { keys: [jwk] },
      redirectUris: [BACK],
      requirePushedRequests: true,
      tokenBinding: 'dpop',
    });
    provider.register(client);
    return client;
  };
  type Claims = Readonly<Record<string, unknown>>;
  const proofFor = (path: string, claims: Claims = {}, by = proofKey) =>
    by.proof({ token: '', url: `${ISSUER}${path}`, method: 'POST' }, { claims: { ath: undefined, ...claims } });
  const post = (path: string, form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
    provider.send({ method: 'POST', url: `${ISSUER}${path}`, form, headers });
  const attemptOf = (params: Readonly<Record<string, string | null>> = {}, client = registered()) =>
    provider.attempt(client, { scope: 'openid', redirect_uri: BACK, ...params });
  const push = async ({ client, url }: Attempt, more: Readonly<Record<string, string>> = {}, headers = {}) =>
    post(PAR, { ...Object.fromEntries(url.searchParams), ...(await key.form(client.clientId)), ...more }, headers);

  /** The redirect back to the client, for a request that was pushed; `beside` stands in the browser's address as well. */
  const callbackOf = async (attempt: Attempt, beside: Readonly<Record<string, string>> = {}, headers = {}) => {
    const { request_uri: requestUri } = (await push(attempt, {}, headers)).json<{ request_uri: string }>();
    const url = new URL('/oauth2/authorize', ISSUER);
    url.search = new URLSearchParams({ client_id: attempt.client.clientId, request_uri: requestUri, ...beside }).toString();
    return (await provider.walk(provider.browser(), url, account)).callback;
  };
  const redeem = async ({ client, verifier }: Attempt, callback: URL | null, dpop: string, more: Readonly<Record<string, string>> = {}) => {
    const code = String(callback?.searchParams.get('code'));
    const form = { grant_type: 'authorization_code', code, redirect_uri: BACK, code_verifier: verifier };
    return post(TOKEN, { ...form, ...(await key.form(client.clientId)), ...more }, { dpop });
  };
  const tokensOf = async (attempt: Attempt): Promise<Tokens> =>
    (await redeem(attempt, await callbackOf(attempt), await proofFor(TOKEN))).json<Tokens>();

  test.each([
    ['a state', { state: null }],
    ['a nonce', { nonce: null }],
  ])('may leave out %s', async (_what, params) => {
    const attempt = attemptOf(params);
    const callback = await callbackOf(attempt);
    expect(callback?.searchParams.get('state') ?? null).toBe(attempt.url.searchParams.get('state'));
    expect((await redeem(attempt, callback, await proofFor(TOKEN))).json()).toMatchObject({ token_type: 'DPoP' });
  });

  test.each([64, 384])('may have a state and a nonce of %i characters', async (length) => {
    const attempt = attemptOf({ state: 's'.repeat(length), nonce: 'n'.repeat(length) });
    expect((await callbackOf(attempt))?.searchParams.get('state')).toBe('s'.repeat(length));
  });

  test('is held to the request that it pushed: another state, nonce or scope in the address changes nothing', async () => {
    const attempt = attemptOf();
    const callback = await callbackOf(attempt, { state: 'another', nonce: 'another', scope: 'openid kms:read' });
    const tokens = (await redeem(attempt, callback, await proofFor(TOKEN))).json<Tokens>();
    expect(callback?.searchParams.get('state')).toBe(attempt.url.searchParams.get('state'));
    expect(tokens.scope).toBe('openid');
  });

  test('has to push a redirect URI, by POST', async () => {
    const attempt = attemptOf();
    attempt.url.searchParams.delete('redirect_uri');
    expect((await push(attempt)).json()).toMatchObject({ error: 'invalid_request' });
    expect((await provider.send({ url: `${ISSUER}${PAR}` })).status).toBe(405);
  });

  test('has its code bound to the dpop_jkt that it pushed, which fits the proof that came with it', async () => {
    const other = await dpopKey();
    const jkt = { dpop_jkt: proofKey.jkt };
    const mismatched = await push(attemptOf(jkt), {}, { dpop: await proofFor(PAR, {}, other) });
    expect([mismatched.status, mismatched.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    for (const [by, expected] of [
      [other, { error: 'invalid_grant' }],
      [proofKey, { token_type: 'DPoP' }],
    ] as const) {
      const attempt = attemptOf(jkt);
      expect((await redeem(attempt, await callbackOf(attempt), await proofFor(TOKEN, {}, by))).json()).toMatchObject(expected);
    }
  });

  test.each([
    ['ten seconds old', { iat: -10 }],
    ['of a clock ten seconds ahead', { iat: 10 }],
    ['with nbf and exp', { nbf: 0, exp: 300 }],
  ])('may show a proof that is %s', async (_which, seconds) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = Object.fromEntries(Object.entries(seconds).map(([name, offset]) => [name, now + offset]));
    const attempt = attemptOf();
    expect((await redeem(attempt, await callbackOf(attempt), await proofFor(TOKEN, claims))).json()).toMatchObject({ token_type: 'DPoP' });
  });

  test.each(['DPoP', 'dpop', 'DpOp'])('may write the scheme of its token as %s', async (scheme) => {
    const { access_token: token } = await tokensOf(attemptOf());
    const dpop = await proofKey.proof({ token, url: `${ISSUER}${USERINFO}` });
    const answer = await provider.send({ url: `${ISSUER}${USERINFO}`, headers: { authorization: `${scheme} ${token}`, dpop } });
    expect(answer.json()).toMatchObject({ sub: account.accountId });
  });

  test('is refused at userinfo with its token as Bearer, without a proof, and with that of another key', async () => {
    const { access_token: token } = await tokensOf(attemptOf());
    const request = { token, url: `${ISSUER}${USERINFO}` };
    const dpop = await proofKey.proof(request);
    const wrong: readonly Readonly<Record<string, string>>[] = [
      { authorization: `Bearer ${token}` },
      { authorization: `Bearer ${token}`, dpop },
      { authorization: `DPoP ${token}` },
      { authorization: `DPoP ${token}`, dpop: await (await dpopKey()).proof(request) },
      { authorization: `DPoP ${token}`, dpop: await proofKey.proof(request, { claims: { ath: undefined } }) },
    ];
    const answers = await Promise.all(wrong.map((headers) => provider.send({ url: request.url, headers })));
    expect(answers.map(({ status }) => status)).toEqual([401, 400, 400, 401, 401]);
  });

  test('is refused in the name of another client', async () => {
    const attempt = attemptOf();
    const { clientId } = registered((await assertionKey()).jwk);
    const inItsName = { client_id: clientId, ...(await key.form(clientId)) };
    const answer = await redeem(attempt, await callbackOf(attempt), await proofFor(TOKEN), inItsName);
    expect([answer.status, answer.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_client' })]);
  });

  test('is refused with RS256 where its key is registered for PS256', async () => {
    const { privateKey, publicKey } = await generateKeyPair('PS256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'rsa', use: 'sig', alg: 'PS256' } as AssertionKey['jwk'];
    const client = registered(jwk);
    const { n, e, d, p, q, dp, dq, qi, kty } = await exportJWK(privateKey);
    const bare = { kty, n, e, d, p, q, dp, dq, qi } as AssertionKey['jwk'];
    const assertionBy = async (alg: string) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: client.clientId, sub: client.clientId, aud: ISSUER, jti: `${alg}-${now}`, iat: now, exp: now + 60 };
      return new SignJWT(claims).setProtectedHeader({ alg, kid: 'rsa' }).sign(bare);
    };
    const answers = await Promise.all(
      ['PS256', 'RS256'].map(async (alg) => push(attemptOf({}, client), { client_assertion: await assertionBy(alg) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 401]);
  });
});
