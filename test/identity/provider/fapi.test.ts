import * as oauth from 'openid-client';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { databaseKinds } from '#test/support/database.ts';
import { type AssertionKey, assertionKey } from '#test/identity/support/client-assertions.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { anAccount, aServiceClient, ISSUER, type TestProvider } from '#test/identity/support/identity-provider.ts';

const REDIRECT = 'https://client.passthru.example/callback';
const SUBJECT = 'CN=test-client,O=passthru';

const aFapiClient = (change: Partial<ClientRecord>): ClientRecord =>
  aServiceClient({
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: [REDIRECT],
    scopes: ['openid', 'profile', 'offline_access', 'kms:read'],
    tenantId: null,
    roles: [],
    requirePushedRequests: true,
    keepsRefreshTokens: true,
    ...change,
  });

type Send = TestProvider['send'];

/** openid-client over our HTTPS client, so that the issuer's name need not resolve. */
const over =
  (send: Send): oauth.CustomFetch =>
  async (url, { method, headers, body }) => {
    const sent = { method, url, headers, ...(body === null || body === undefined ? {} : { body: String(body) }) };
    const response = await send(sent);
    return new Response(response.text === '' ? null : response.text, { status: response.status, headers: { ...response.headers } });
  };

/** @see FAPI 2.0 Security Profile sections 5.3.2 and 5.3.3 */
describe.each(databaseKinds())('a client of the FAPI 2.0 Security Profile on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  let key: AssertionKey;
  const clock = { ms: 0 };
  const account = anAccount();
  let [byKey, byCertificate] = [aFapiClient({}), aFapiClient({})];
  beforeAll(async () => {
    provider = await providerOn(kind, { asksForCertificates: true, dpopNonces: 'required', now: () => Date.now() + clock.ms });
    key = await assertionKey('PS256');
    byKey = aFapiClient({ authMethod: 'private_key_jwt', jwks: { keys: [key.jwk] }, tokenBinding: 'dpop' });
    byCertificate = aFapiClient({ authMethod: 'tls_client_auth', certificateNames: { subject_dn: SUBJECT }, tokenBinding: 'certificate' });
    provider.register(account, byKey, byCertificate);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  const discover = (client: ClientRecord, authentication: oauth.ClientAuth, send: Send) =>
    oauth.discovery(new URL(ISSUER), client.clientId, { id_token_signed_response_alg: 'ES256' }, authentication, {
      [oauth.customFetch]: over(send),
    });

  /** Pushes a request, logs in and redeems the code. */
  const logIn = async (config: oauth.Configuration, options: oauth.DPoPOptions = {}) => {
    const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [oauth.randomState(), oauth.randomNonce()];
    const request = {
      redirect_uri: REDIRECT,
      scope: 'openid profile offline_access kms:read',
      resource: KMS_RESOURCE,
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    };
    const url = await oauth.buildAuthorizationUrlWithPAR(config, request, options);
    const { callback } = await provider.walk(provider.browser(), url, account);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    const redeem = (at: URL, by: oauth.DPoPOptions = options) => oauth.authorizationCodeGrant(config, at, checks, undefined, by);
    return { url, callback: callback ?? new URL(REDIRECT), redeem };
  };

  test('with a private key and DPoP completes a whole flow of openid-client: PAR, nonces, iss, userinfo, refresh, revocation', async () => {
    const config = await discover(byKey, oauth.PrivateKeyJwt({ key: key.privateKey, kid: String(key.jwk.kid) }), provider.send);
    const DPoP = oauth.getDPoPHandle(config, await oauth.randomDPoPKeyPair('ES256'));

    const { url, callback, redeem } = await logIn(config, { DPoP });
    const tokens = await redeem(callback);
    const refreshed = await oauth.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP });
    const info = await oauth.fetchUserInfo(config, refreshed.access_token, account.accountId, { DPoP });
    const before = await oauth.tokenIntrospection(config, refreshed.access_token);
    await oauth.tokenRevocation(config, refreshed.refresh_token ?? '');
    const after = await oauth.tokenIntrospection(config, refreshed.access_token);

    // Nothing but the name of the client and of its request goes by the browser.
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri']);
    expect(callback.searchParams.get('iss')).toBe(ISSUER);
    expect([tokens.token_type, decodeJwt(tokens.access_token)['cnf']]).toEqual(['dpop', { jkt: await DPoP.calculateThumbprint() }]);
    expect(info.sub).toBe(account.accountId);
    expect([before.active, before.cnf, after.active]).toEqual([true, { jkt: await DPoP.calculateThumbprint() }, false]);
  });

  test('with a certificate completes it, too, its tokens bound to the certificate', async () => {
    const config = await discover(byCertificate, oauth.TlsClientAuth(), provider.sendCertified);

    const { callback, redeem } = await logIn(config);
    const tokens = await redeem(callback);
    const info = await oauth.fetchUserInfo(config, tokens.access_token, account.accountId);
    const stolen = await provider.send({ url: `${ISSUER}/oidc/userinfo`, headers: { authorization: `Bearer ${tokens.access_token}` } });

    expect(decodeJwt(tokens.access_token)['cnf']).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) as string });
    expect([info.sub, stolen.status]).toEqual([account.accountId, 401]);
  });

  test('keeps its refresh token at every refresh, also thirty seconds later, until it is revoked; another client gets nothing for it', async () => {
    const config = await discover(byKey, oauth.PrivateKeyJwt({ key: key.privateKey, kid: String(key.jwk.kid) }), provider.send);
    const [DPoP, other] = await Promise.all([0, 1].map(async () => oauth.getDPoPHandle(config, await oauth.randomDPoPKeyPair('ES256'))));
    const { callback, redeem } = await logIn(config, { DPoP });
    const { refresh_token: token = '', access_token: first } = await redeem(callback);

    const refreshed = [await oauth.refreshTokenGrant(config, token, undefined, { DPoP })];
    clock.ms += 30_000;
    refreshed.push(await oauth.refreshTokenGrant(config, token, undefined, { DPoP: other }));
    const newest = refreshed.at(-1)?.access_token ?? '';

    expect(refreshed.map(({ refresh_token: same }) => same)).toEqual([token, token]);
    expect(new Set([first, ...refreshed.map(({ access_token: one }) => one)]).size).toBe(3);
    await expect(
      oauth.refreshTokenGrant(await discover(byCertificate, oauth.TlsClientAuth(), provider.sendCertified), token),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await oauth.tokenIntrospection(config, newest)).active).toBe(true);
    await oauth.tokenRevocation(config, token);
    await expect(oauth.refreshTokenGrant(config, token, undefined, { DPoP })).rejects.toMatchObject({ error: 'invalid_grant' });
    expect((await oauth.tokenIntrospection(config, newest)).active).toBe(false);
  });

  test('that is changed to keep its refresh tokens gets nothing for one that was used before', async () => {
    const rotating = { ...byKey, keepsRefreshTokens: false };
    provider.register(rotating);
    const config = await discover(rotating, oauth.PrivateKeyJwt({ key: key.privateKey, kid: String(key.jwk.kid) }), provider.send);
    const DPoP = oauth.getDPoPHandle(config, await oauth.randomDPoPKeyPair('ES256'));
    const { callback, redeem } = await logIn(config, { DPoP });
    const { refresh_token: used = '' } = await redeem(callback);
    const { refresh_token: next = '' } = await oauth.refreshTokenGrant(config, used, undefined, { DPoP });
    provider.register(byKey);

    expect(next).not.toBe(used);
    for (const token of [used, next])
      await expect(oauth.refreshTokenGrant(config, token, undefined, { DPoP })).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('gets nothing by a browser alone, without its proof, or with the key of another', async () => {
    const config = await discover(byKey, oauth.PrivateKeyJwt({ key: key.privateKey, kid: String(key.jwk.kid) }), provider.send);
    const [DPoP, other] = await Promise.all([0, 1].map(async () => oauth.getDPoPHandle(config, await oauth.randomDPoPKeyPair('ES256'))));

    const direct = await provider.walk(
      provider.browser(),
      provider.attempt(byKey, { redirect_uri: REDIRECT, scope: 'openid' }).url,
      account,
    );
    expect(direct.callback?.searchParams.get('error')).toBe('invalid_request');

    for (const proof of [{}, { DPoP: other }]) {
      const { callback, redeem } = await logIn(config, { DPoP });
      await expect(redeem(callback, proof)).rejects.toMatchObject({ error: 'invalid_grant' });
    }
    const { callback, redeem } = await logIn(config, { DPoP });
    const { access_token: token } = await redeem(callback);
    await expect(oauth.fetchUserInfo(config, token, account.accountId, { DPoP: other })).rejects.toMatchObject({ status: 401 });
    await expect(oauth.fetchUserInfo(config, token, account.accountId)).rejects.toMatchObject({ status: 401 });
  });
});
