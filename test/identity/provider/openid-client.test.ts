import * as oauth from 'openid-client';
import { describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { aDevice, connect } from '#test/identity/support/device.ts';
import { databaseKinds } from '#test/support/database.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import {
  aClient,
  anAccount,
  aServiceClient,
  ISSUER,
  REDIRECT,
  secretOf,
  type TestProvider,
} from '#test/identity/support/identity-provider.ts';

/** openid-client over our HTTPS client, so that the issuer's name need not resolve. */
const over =
  (provider: TestProvider): oauth.CustomFetch =>
  async (url, { method, headers, body }) => {
    const sent = { method, url, headers, ...(body === null || body === undefined ? {} : { body: String(body) }) };
    const response = await provider.send(sent);
    return new Response(response.text === '' ? null : response.text, { status: response.status, headers: { ...response.headers } });
  };

const discover = (provider: TestProvider, clientId: string, authentication: oauth.ClientAuth) =>
  oauth.discovery(new URL(ISSUER), clientId, { id_token_signed_response_alg: 'ES256' }, authentication, {
    [oauth.customFetch]: over(provider),
  });

describe.each(databaseKinds())('an independent client on %s', (kind) => {
  test('completes discovery, PKCE, ID token, refresh, userinfo, introspection and revocation', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aClient()];
    provider.register(account, client);
    const config = await discover(provider, client.clientId, oauth.None());
    const pkceCodeVerifier = oauth.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [oauth.randomState(), oauth.randomNonce()];
    const url = oauth.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT,
      scope: 'openid profile offline_access kms:read',
      resource: KMS_RESOURCE,
      prompt: 'consent',
      state: expectedState,
      nonce: expectedNonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    });

    const { callback } = await provider.walk(provider.browser(), url, account);
    const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
    const tokens = await oauth.authorizationCodeGrant(config, callback ?? new URL(REDIRECT), checks);
    const refreshed = await oauth.refreshTokenGrant(config, tokens.refresh_token ?? '', { scope: 'openid profile' });
    const info = await oauth.fetchUserInfo(config, refreshed.access_token, account.accountId);
    const before = await oauth.tokenIntrospection(config, tokens.access_token);
    await oauth.tokenRevocation(config, refreshed.refresh_token ?? '');
    const after = await oauth.tokenIntrospection(config, tokens.access_token);

    expect(tokens.claims()).toMatchObject({ iss: ISSUER, sub: account.accountId, aud: client.clientId });
    expect(info.preferred_username).toBe(account.username);
    expect([before.active, after.active]).toEqual([true, false]);
    await expect(oauth.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('connects a device, whose person is somewhere else', async () => {
    await using provider = await providerOn(kind);
    const [account, client] = [anAccount(), aDevice()];
    provider.register(account, client);
    const config = await discover(provider, client.clientId, oauth.None());

    const codes = await oauth.initiateDeviceAuthorization(config, { scope: 'openid profile kms:read', resource: KMS_RESOURCE });
    await connect(provider, codes.user_code, account);
    // It waits for the interval before it asks for the first time.
    const tokens = await oauth.pollDeviceAuthorizationGrant(config, { ...codes, interval: 0.01 });

    expect(codes.interval).toBe(5);
    expect(tokens.claims()).toMatchObject({ sub: account.accountId });
    const info = await oauth.fetchUserInfo(config, tokens.access_token, account.accountId);
    expect(info.preferred_username).toBe(account.username);
  });

  test('gets a client-credentials token with a secret of any characters', async () => {
    await using provider = await providerOn(kind);
    const client = aServiceClient();
    provider.register(client);
    const config = await discover(provider, client.clientId, oauth.ClientSecretBasic(secretOf(client)));

    const tokens = await oauth.clientCredentialsGrant(config, { scope: 'kms:read', resource: KMS_RESOURCE });

    expect(await oauth.tokenIntrospection(config, tokens.access_token)).toMatchObject({ active: true, tenant_id: client.tenantId });
  });
});
