import { createSecretKey, randomUUIDv7 } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { Replay } from '#identity/provider/seams/replay-detection.ts';
import { databaseKinds } from '#test/support/database.ts';
import { type AssertionKey, assertionKey } from '#test/identity/support/client-assertions.ts';
import { type IdentityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { aServiceClient, ISSUER, type TestProvider } from '#test/identity/support/identity-provider.ts';
import { dpopKey } from '#test/kms/support/dpop.ts';

const TOKEN = '/oauth2/token';
const JWKS_URI = 'https://client.passthru.example/jwks.json';

const withKeys = (...keys: readonly AssertionKey[]): ClientRecord =>
  aServiceClient({ authMethod: 'private_key_jwt', jwks: { keys: keys.map(({ jwk }) => jwk) } });

describe.each(databaseKinds())('a client that proves itself by its private key on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  let key: AssertionKey;
  let client: ClientRecord;
  const replays: Replay[] = [];
  const fetched = vi.fn<(url: string | URL) => Promise<Response>>();
  beforeAll(async () => {
    provider = await providerOn(kind, {
      outgoing: { fetch: fetched, whyNot: () => null },
      onReplayed: (replay) => void replays.push(replay),
    });
    key = await assertionKey();
    client = withKeys(key);
    provider.register(client);
  });
  afterAll(() => provider[Symbol.asyncDispose]());

  const send = (path: string, form: Readonly<Record<string, string>>) => provider.send({ method: 'POST', url: `${ISSUER}${path}`, form });
  const ask = (proof: Readonly<Record<string, string>>) => send(TOKEN, { grant_type: 'client_credentials', ...proof });
  const outcome = async (proof: Readonly<Record<string, string>>): Promise<unknown[]> => {
    const answer = await ask(proof);
    return [answer.status, answer.json<{ error?: string }>().error];
  };

  test.each(['ES256', 'ES512', 'EdDSA', 'PS256', 'RS256'])('gets a token with %s', async (alg) => {
    const other = await assertionKey(alg);
    const registered = withKeys(key, other);
    provider.register(registered);
    expect(await outcome(await other.form(registered.clientId))).toEqual([200, undefined]);
  });

  test('may give its assertion and its DPoP proof one jti; each is good once, and whoever shows it again is told of with the client', async () => {
    const [jti, dpop] = [randomUUIDv7(), await dpopKey()];
    const [url, method, claims] = [`${ISSUER}${TOKEN}`, 'POST', { jti, ath: undefined }];
    const [proof, form] = [await dpop.proof({ token: '', url, method }, { claims }), await key.form(client.clientId, { claims: { jti } })];
    const attempt = async (by: Readonly<Record<string, string>>) => {
      const answer = await provider.send({ method, url, form: { grant_type: 'client_credentials', ...by }, headers: { dpop: proof } });
      return [answer.status, answer.json<{ error?: string }>().error];
    };
    replays.length = 0;

    expect([await attempt(form), await attempt(form), await attempt(await key.form(client.clientId))]).toEqual([
      [200, undefined],
      [401, 'invalid_client'],
      [400, 'invalid_grant'],
    ]);
    const of = { clientId: client.clientId, address: '127.0.0.1' };
    expect(replays).toEqual([
      { what: 'assertion', ...of },
      { what: 'proof', ...of },
    ]);
  });

  test('is known at introspection, revocation and the endpoint for pushed requests as well', async () => {
    const { access_token: token } = (await ask(await key.form(client.clientId))).json<{ access_token: string }>();
    const introspected = await send('/oauth2/introspect', { token, ...(await key.form(client.clientId)) });
    const revoked = await send('/oauth2/revoke', { token, ...(await key.form(client.clientId)) });
    const pushed = await send('/oauth2/par', { response_type: 'code', ...(await key.form(client.clientId)) });
    expect(introspected.json()).toMatchObject({ active: true, client_id: client.clientId });
    expect(revoked.status).toBe(200);
    // It is no client of people: the refusal comes after it was known.
    expect(pushed.json()).toMatchObject({ error: 'invalid_request' });
  });

  test('may have a clock that is some seconds ahead or behind, and no more', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const [claims, expected] of [
      [{ nbf: now + 5, iat: now + 5 }, 200],
      [{ exp: now - 5 }, 200],
      [{ nbf: now + 30, iat: now + 30 }, 401],
      [{ exp: now - 30 }, 401],
    ] as const)
      expect([claims, (await ask(await key.form(client.clientId, { claims }))).status]).toEqual([claims, expected]);
  });

  test('is refused with an assertion that was used, also in twenty requests at the same moment', async () => {
    const proof = await key.form(client.clientId);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(proof)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status, text }) => status === 401 && text.includes('invalid_client'))).toHaveLength(19);
    expect(await outcome(proof)).toEqual([401, 'invalid_client']);
  });

  test('may end its assertion at a part of a second', async () => {
    expect(await outcome(await key.form(client.clientId, { claims: { exp: Math.floor(Date.now() / 1000) + 60.123_456_7 } }))).toEqual([
      200,
      undefined,
    ]);
  });

  test.each([
    ['for the token endpoint', { aud: `${ISSUER}${TOKEN}` }],
    ['for a list of audiences', { aud: [ISSUER] }],
    ['for another server', { aud: 'https://other.example' }],
    ['that is good for a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }],
    ['without an id', { jti: undefined }],
    ['without an end', { exp: undefined }],
    ['of another issuer', { iss: 'https://other.example' }],
    ['without a subject', { sub: undefined }],
  ])('is refused with an assertion %s', async (_which, claims) => {
    expect(await outcome(await key.form(client.clientId, { claims }))).toEqual([401, 'invalid_client']);
  });

  test('hears which audience and which life an assertion has to have, once its signature is good', async () => {
    const description = async (claims: object) =>
      (await ask(await key.form(client.clientId, { claims: { ...claims } }))).json<{ error_description: string }>().error_description;
    expect(await description({ aud: `${ISSUER}${TOKEN}` })).toContain(ISSUER);
    expect(await description({ exp: Math.floor(Date.now() / 1000) + 86_400 })).toContain('3600 seconds');
  });

  test('is refused with a key of somebody else, wherever the assertion names it, with a secret, and with no signature', async () => {
    const stranger = await assertionKey();
    const claims = { iss: client.clientId, sub: client.clientId, aud: ISSUER, jti: 'x', exp: Math.floor(Date.now() / 1000) + 60 };
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    const symmetric = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(createSecretKey(Buffer.from(JSON.stringify(key.jwk))));
    for (const proof of [
      await stranger.form(client.clientId),
      await stranger.form(client.clientId, { header: { kid: key.jwk.kid, jwk: stranger.jwk } }),
      { client_assertion_type: type, client_assertion: symmetric },
      { client_assertion_type: type, client_assertion: new UnsecuredJWT(claims).encode() },
      { client_id: client.clientId, client_secret: 'guessed' },
      { client_id: client.clientId },
    ])
      expect(await outcome(proof)).toEqual([401, 'invalid_client']);
    expect((await ask({ client_assertion_type: type, client_assertion: 'no.jwt' })).status).toBe(400);
  });

  test('may keep its keys at an address of its own: they are fetched once, and once more for a key that is not among them', async () => {
    const [first, second] = [await assertionKey(), await assertionKey()];
    const registered = aServiceClient({ authMethod: 'private_key_jwt', jwksUri: JWKS_URI });
    provider.register(registered);
    fetched.mockReset().mockImplementation(async () => Response.json({ keys: [first.jwk] }));

    expect(await outcome(await first.form(registered.clientId))).toEqual([200, undefined]);
    expect(await outcome(await first.form(registered.clientId))).toEqual([200, undefined]);
    expect(await outcome(await second.form(registered.clientId))).toEqual([401, 'invalid_client']);
    expect(fetched.mock.calls.map(([url]) => String(url))).toEqual([JWKS_URI]);

    fetched.mockImplementation(async () => Response.json({ keys: [first.jwk, second.jwk] }));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    try {
      expect(await outcome(await second.form(registered.clientId))).toEqual([200, undefined]);
      expect(fetched).toHaveBeenCalledTimes(2);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is refused with a key that it has taken from its address, once the set that was fetched is old', async () => {
    const [leaked, kept] = [await assertionKey(), await assertionKey()];
    const registered = aServiceClient({ authMethod: 'private_key_jwt', jwksUri: `${JWKS_URI}?withdrawn` });
    provider.register(registered);
    fetched.mockReset().mockImplementation(async () => Response.json({ keys: [leaked.jwk, kept.jwk] }));
    expect(await outcome(await leaked.form(registered.clientId))).toEqual([200, undefined]);

    fetched.mockImplementation(async () => Response.json({ keys: [kept.jwk] }));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    try {
      expect(await outcome(await kept.form(registered.clientId))).toEqual([200, undefined]);
      expect(await outcome(await leaked.form(registered.clientId))).toEqual([401, 'invalid_client']);
      vi.setSystemTime(Date.now() + 61_000);
      fetched.mockRejectedValue(new Error('nobody listens there'));
      expect(await outcome(await kept.form(registered.clientId))).toEqual([401, 'invalid_client']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('has its keys fetched again after an error, however long the page of that is good', async () => {
    const registered = aServiceClient({ authMethod: 'private_key_jwt', jwksUri: `${JWKS_URI}?error` });
    provider.register(registered);
    const page = { status: 503, headers: { 'cache-control': 'max-age=86400' } };
    fetched.mockReset().mockImplementation(async () => Response.json({ error: 'later' }, page));
    expect(await outcome(await key.form(registered.clientId))).toEqual([401, 'invalid_client']);
    fetched.mockImplementation(async () => Response.json({ keys: [key.jwk] }));
    expect(await outcome(await key.form(registered.clientId))).toEqual([200, undefined]);
  });

  test('is refused while its keys cannot be fetched', async () => {
    const registered = aServiceClient({ authMethod: 'private_key_jwt', jwksUri: `${JWKS_URI}?down` });
    provider.register(registered);
    fetched.mockReset().mockRejectedValue(new Error('nobody listens there'));
    expect(await outcome(await key.form(registered.clientId))).toEqual([401, 'invalid_client']);
  });

  test('finds the method and its algorithms in the metadata', async () => {
    const metadata = (await provider.send({ url: `${ISSUER}/.well-known/openid-configuration` })).json<Record<string, string[]>>();
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      expect(metadata[`${endpoint}_endpoint_auth_methods_supported`]).toContain('private_key_jwt');
      expect(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).toEqual(
        expect.arrayContaining(['ES256', 'EdDSA', 'PS256']),
      );
      expect(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]).not.toContain('HS256');
    }
  });
});
