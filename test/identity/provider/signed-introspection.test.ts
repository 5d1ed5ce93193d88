import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { databaseKinds } from '#test/support/database.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { aServiceClient, ISSUER, secretOf, type TestProvider, type Tokens } from '#test/identity/support/identity-provider.ts';
import { startBareProvider } from '#test/identity/provider/seams/bare-provider.ts';

const SIGNED = 'application/token-introspection+jwt';

describe.each(databaseKinds())('an answer about a token on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  const api = aServiceClient({ authMethod: 'client_secret_post', mayIntrospect: [KMS_RESOURCE], tenantId: null });
  const [jwt, opaque] = [aServiceClient(), aServiceClient({ tokenFormat: 'opaque' })];
  beforeAll(async () => {
    provider = await providerOn(kind);
    provider.register(api, jwt, opaque);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  const tokenOf = async (client: typeof jwt): Promise<string> =>
    (await provider.post('/oauth2/token', { grant_type: 'client_credentials' }, client)).json<Tokens>().access_token;
  const ask = (token: string, accept: string, secret = secretOf(api)) =>
    provider.send({
      method: 'POST',
      url: `${ISSUER}/oauth2/introspect`,
      form: { token, client_id: api.clientId, client_secret: secret },
      headers: { accept },
    });

  test('is signed for the API that asks for that, whatever form the token has', async () => {
    const keys = createLocalJWKSet((await provider.send({ url: `${ISSUER}/.well-known/jwks.json` })).json<JSONWebKeySet>());
    for (const [client, active] of [
      [jwt, true],
      [opaque, true],
      [null, false],
    ] as const) {
      const token = client === null ? 'made-up' : await tokenOf(client);
      const answer = await ask(token, SIGNED);
      const { payload, protectedHeader } = await jwtVerify(answer.text, keys, { issuer: ISSUER, audience: api.clientId });

      expect([answer.status, answer.headers['content-type']?.split(';')[0], answer.headers['cache-control']]).toEqual([
        200,
        SIGNED,
        'no-store',
      ]);
      expect([protectedHeader.typ, protectedHeader.alg]).toEqual(['token-introspection+jwt', 'ES256']);
      // "The JWT … MUST NOT contain sub and exp": nobody may take it for a token.
      expect(Object.keys(payload).toSorted()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
      expect(payload['token_introspection']).toEqual((await ask(token, 'application/json')).json());
      expect(payload['token_introspection']).toMatchObject({ active, ...(client === null ? {} : { client_id: client.clientId }) });
    }
  });

  test.each([
    ['JSON where nothing is preferred', '*/*', 'application/json'],
    ['JSON where that comes first', `application/json, ${SIGNED}`, 'application/json'],
    ['signed where that is preferred', `application/json;q=0.5, ${SIGNED}`, SIGNED],
    ['JSON for a page', 'text/html', 'application/json'],
  ])('is %s', async (_which, accept, type) => {
    const answer = await ask(await tokenOf(jwt), accept);
    expect([answer.status, answer.headers['content-type']?.split(';')[0]]).toEqual([200, type]);
  });

  test('is no access token, and a refusal is JSON', async () => {
    const { text: signed } = await ask(await tokenOf(jwt), SIGNED);
    expect(decodeJwt(signed).iss).toBe(ISSUER);
    expect((await ask(signed, 'application/json')).json()).toEqual({ active: false });
    const refused = await ask(signed, SIGNED, 'wrong');
    expect([refused.status, refused.json()]).toMatchObject([401, { error: 'invalid_client' }]);
  });

  test('is announced with its algorithm', async () => {
    const metadata = (await provider.send({ url: `${ISSUER}/.well-known/openid-configuration` })).json<Record<string, unknown>>();
    expect(metadata['introspection_signing_alg_values_supported']).toEqual(['ES256']);
  });
});

test('oidc-provider with a key for ES256 alone refuses a client whose defaults do not say so', async () => {
  const features = { jwtIntrospection: { enabled: true } };
  const ask = async (clientDefaults: Readonly<Record<string, string>>): Promise<number> => {
    await using bare = await startBareProvider({ configuration: { clientDefaults, features } });
    return (await bare.post('/token', { grant_type: 'client_credentials' })).status;
  };
  expect(await ask({ id_token_signed_response_alg: 'ES256' })).toBe(400);
  expect(await ask({ id_token_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' })).toBe(200);
});
