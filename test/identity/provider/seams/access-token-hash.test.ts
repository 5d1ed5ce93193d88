import { createHash, randomBytes, randomUUIDv7 } from 'node:crypto';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { addAccessTokenHash } from '#identity/provider/seams/access-token-hash.ts';
import { aBareClient, type BareProvider, startBareProvider } from './bare-provider.ts';

/** The tokens for a code that was put into the store. */
const tokensOf = async ({ provider, post }: BareProvider): Promise<{ readonly access_token: string; readonly id_token: string }> => {
  const client = aBareClient();
  const [accountId, verifier, redirectUri] = [randomUUIDv7(), randomBytes(32).toString('base64url'), client.redirect_uris?.[0] ?? ''];
  const grant = new provider.Grant({ accountId, clientId: client.client_id });
  grant.addOIDCScope('openid');
  const code = new provider.AuthorizationCode({
    accountId,
    client: await provider.Client.find(client.client_id),
    grantId: await grant.save(),
    redirectUri,
    scope: 'openid',
    codeChallenge: createHash('sha256').update(verifier).digest('base64url'),
    codeChallengeMethod: 'S256',
    gty: 'authorization_code',
  } as never);
  const form = { grant_type: 'authorization_code', code: await code.save(), redirect_uri: redirectUri, code_verifier: verifier };
  return (await (await post('/token', form)).json()) as { access_token: string; id_token: string };
};

test('oidc-provider has the two methods, and binds no ID token of the token endpoint to its access token', async () => {
  await using bare = await startBareProvider();

  const { id_token: idToken } = await tokensOf(bare);

  expect(bare.provider.AccessToken.prototype).toHaveProperty('save');
  expect(bare.provider.IdToken.prototype).toHaveProperty('issue');
  expect(decodeJwt(idToken)).not.toHaveProperty('at_hash');
});

test('with the seam an ID token has the hash of the access token that comes with it', async () => {
  await using bare = await startBareProvider({ install: addAccessTokenHash });

  for (const { access_token: accessToken, id_token: idToken } of [await tokensOf(bare), await tokensOf(bare)]) {
    expect(decodeJwt(idToken).at_hash).toBe(createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'));
  }
});
