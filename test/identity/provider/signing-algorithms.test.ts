import { createHash, createPublicKey, type JsonWebKeyInput, verify } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWK, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSigningKeys } from '#identity/keys/signing-keys.service.ts';
import { type SigningAlgorithm, newSigningKey } from '#identity/keys/signing-algorithms.ts';
import { databaseKinds } from '#test/support/database.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { type IdentityDatabase, identityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import {
  aClient,
  anAccount,
  aServiceClient,
  ISSUER,
  secretOf,
  startProvider,
  type TestProvider,
} from '#test/identity/support/identity-provider.ts';

const METADATA = `${ISSUER}/.well-known/openid-configuration`;
const OFFERED = ['RS256', 'EdDSA', 'ML-DSA-44'] as const;
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

const keysOf = async (provider: TestProvider): Promise<readonly JWK[]> =>
  (await provider.send({ url: `${ISSUER}/.well-known/jwks.json` })).json<{ keys: JWK[] }>().keys;

/** Web Crypto prints a warning for ML-DSA, node:crypto none. */
const verifies = async (token: string, keys: readonly JWK[]): Promise<boolean> => {
  const { alg, kid } = decodeProtectedHeader(token);
  const key = keys.find((candidate) => candidate.kid === kid);
  if (!String(alg).startsWith('ML-DSA')) return (await jwtVerify(token, createLocalJWKSet({ keys: [...keys] }))).payload.iss === ISSUER;
  const [header, payload, signature = ''] = token.split('.');
  const publicKey = createPublicKey({ key: key as JsonWebKeyInput['key'], format: 'jwk' });
  return verify(null, Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'));
};

describe.each(databaseKinds())('an algorithm for which a client asks on %s', (kind) => {
  let provider: TestProvider & IdentityDatabase;
  const account = anAccount();
  const warnings: string[] = [];
  const note = ({ message }: Error): void => void warnings.push(message);
  beforeAll(async () => {
    process.on('warning', note);
    provider = await providerOn(kind, { signingAlgorithms: OFFERED, minPublishedMs: 0 });
    provider.register(account);
  });
  afterAll(async () => {
    process.off('warning', note);
    await provider[Symbol.asyncDispose]();
  });

  test.each([...OFFERED, 'ES256'] as const)('signs its ID token: %s; its access token is one of ES256', async (algorithm) => {
    const client = aClient({ idTokenAlgorithm: algorithm });
    provider.register(client);

    const { id_token: idToken, access_token: accessToken } = await provider.tokens(client, account);
    const keys = await keysOf(provider);

    expect([decodeProtectedHeader(idToken).alg, decodeProtectedHeader(accessToken).alg]).toEqual([algorithm, 'ES256']);
    expect([await verifies(idToken, keys), decodeJwt(idToken)['at_hash']]).toEqual([true, expect.any(String)]);
    expect(warnings.filter((line) => line.includes('ML-DSA'))).toEqual([]);
  });

  test('signs answers about tokens, which are those of the client otherwise', async () => {
    const client = aServiceClient({ authMethod: 'client_secret_post', introspectionAlgorithm: 'EdDSA' });
    provider.register(client);
    const answer = await provider.send({
      method: 'POST',
      url: `${ISSUER}/oauth2/introspect`,
      form: { token: 'made-up', client_id: client.clientId, client_secret: secretOf(client) },
      headers: { accept: 'application/token-introspection+jwt' },
    });
    expect([decodeProtectedHeader(answer.text).alg, await verifies(answer.text, await keysOf(provider))]).toEqual(['EdDSA', true]);
  });

  test('stands in the metadata, has two keys in the set, and shows nothing private of them', async () => {
    const metadata = (await provider.send({ url: METADATA })).json<Record<string, string[]>>();
    const keys = await keysOf(provider);
    for (const list of ['id_token_signing_alg_values_supported', 'introspection_signing_alg_values_supported'])
      expect(metadata[list]?.toSorted()).toEqual(['ES256', ...OFFERED].toSorted());
    for (const algorithm of ['ES256', ...OFFERED]) expect(keys.filter(({ alg }) => alg === algorithm)).toHaveLength(2);
    expect(keys.flatMap((key) => Object.keys(key)).filter((member) => PRIVATE.includes(member))).toEqual([]);
  });

  test('rotates with the others: the next key signs, and what the old one signed still verifies', async () => {
    const client = aClient({ idTokenAlgorithm: 'EdDSA' });
    provider.register(client);
    const before = (await provider.tokens(client, account)).id_token;

    await provider.keys.rotate();
    await provider.openid.reloadKeys();
    const after = (await provider.tokens(client, account)).id_token;
    const list = await provider.keys.list();
    const keys = await keysOf(provider);

    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    expect([await verifies(before, keys), await verifies(after, keys)]).toEqual([true, true]);
    for (const algorithm of ['ES256', ...OFFERED])
      expect(list.filter((key) => key.algorithm === algorithm).map(({ state }) => state)).toEqual(['active', 'published', 'retired']);
    const leaked = list.find(({ algorithm, state }) => algorithm === 'EdDSA' && state === 'active');
    const { active } = await provider.keys.withdraw(String(leaked?.kid));
    expect((await provider.keys.list()).find(({ kid }) => kid === active)).toMatchObject({ algorithm: 'EdDSA', state: 'active' });
  });

  test('that is offered no more signs nothing at the next start; its last tokens still verify', async () => {
    await using on = await identityDatabase(kind);
    const options = { database: on.database, encryptionKeys: newKeys() };
    const offering = await createSigningKeys({ ...options, algorithms: ['EdDSA'] });
    const there = await offering.list();

    const without = await createSigningKeys(options);
    const left = await without.list();
    const again = await createSigningKeys({ ...options, algorithms: ['EdDSA'] });

    const eddsa = ({ algorithm }: { readonly algorithm: string }): boolean => algorithm === 'EdDSA';
    const signed = there.find((key) => eddsa(key) && key.state === 'active');
    expect(left.filter(eddsa)).toEqual([{ kid: signed?.kid, algorithm: 'EdDSA', state: 'retired' }]);
    expect((await again.list()).filter(eddsa).map(({ state }) => state)).toEqual(['active', 'published', 'retired']);
    expect((await without.current()).keys[0].alg).toBe('ES256');
  });
});

test('Where nothing is configured, ES256 is all that there is, and a client that asks for another one is refused', async () => {
  await using on = await identityDatabase('sqlite');
  await using provider = await startProvider(on.database);
  const metadata = (await provider.send({ url: METADATA })).json<Record<string, string[]>>();

  expect(metadata['id_token_signing_alg_values_supported']).toEqual(['ES256']);
  expect(new Set((await keysOf(provider)).map(({ kty }) => kty))).toEqual(new Set(['EC']));
  for (const change of [{ idTokenAlgorithm: 'RS256' }, { introspectionAlgorithm: 'EdDSA' }] as const)
    await expect(provider.openid.checkClient(aClient(change))).rejects.toMatchObject({ code: 'client-refused' });
});

test.each<[SigningAlgorithm, object]>([
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['RS256', { kty: 'RSA', e: 'AQAB', n: expect.stringMatching(/^[\w-]{512}$/) as string }],
  ['PS256', { kty: 'RSA', e: 'AQAB', n: expect.stringMatching(/^[\w-]{512}$/) as string }],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
  ['ML-DSA-44', { kty: 'AKP', priv: expect.stringMatching(/^[\w-]{43}$/) as string }],
  ['ML-DSA-65', { kty: 'AKP', priv: expect.stringMatching(/^[\w-]{43}$/) as string }],
])('A key for %s is a private JWK for it, and no other key is the same', async (algorithm, members) => {
  const keys = await Promise.all([newSigningKey(algorithm, 'one'), newSigningKey(algorithm, 'two')]);
  for (const key of keys) expect(key).toMatchObject({ ...members, alg: algorithm, use: 'sig' });
  const digests = keys.map(({ kid: _kid, ...key }) => createHash('sha256').update(JSON.stringify(key)).digest('hex'));
  expect(new Set(digests).size).toBe(2);
});
