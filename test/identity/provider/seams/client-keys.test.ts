import { generateKeyPairSync } from 'node:crypto';
import { generateKeyPair, type JWK, SignJWT, exportJWK } from 'jose';
import { expect, test, vi } from 'vitest';
import { fetchClientKeys } from '#identity/provider/seams/client-keys.ts';
import { ISSUER, startBareProvider } from './bare-provider.ts';

const JWKS_URI = 'https://client.passthru.example/jwks';

const rsa = (bits: number): JWK => generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' }) as JWK;
const onCurve = (): JWK => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }) as JWK;

const answering = (keys: readonly object[]) =>
  vi.fn<(url: unknown, init?: unknown) => Promise<Response>>(async () =>
    Response.json({ keys }, { headers: { 'cache-control': 'max-age=600', age: '1' } }),
  );

const get = async (keys: readonly object[]) => {
  const response = await fetchClientKeys(answering(keys))(JWKS_URI, { method: 'GET' });
  return { headers: Object.fromEntries(response.headers), keys: ((await response.json()) as { keys: JWK[] }).keys };
};

test('keys that are fit for a signature come through, sixteen at most, with how long they are good', async () => {
  const fit = onCurve();
  const huge = { ...rsa(2048), n: Buffer.alloc(1024, 0xff).toString('base64url') };
  const offCurve = { ...fit, x: Buffer.alloc(32, 1).toString('base64url') };

  const { headers, keys } = await get([rsa(1024), huge, offCurve, { kty: 'oct', k: 'c2VjcmV0' }, 'text' as never, fit]);

  expect(keys).toEqual([fit]);
  expect(headers).toEqual({ 'cache-control': 'max-age=600', 'content-type': 'application/json' });
  expect((await get(Array.from({ length: 20 }, onCurve))).keys).toHaveLength(16);
});

test.each([
  ['a year', { 'cache-control': 'public, max-age=31536000' }, 3600],
  ['as long as it says', { 'cache-control': 'max-age="120", must-revalidate', expires: 'Thu, 01 Jan 2099 00:00:00 GMT' }, 120],
  ['until a date', { date: 'Sun, 06 Nov 1994 08:49:37 GMT', expires: 'Sun, 06 Nov 1994 08:51:37 GMT' }, 120],
  ['until a date of long ago', { date: 'Sun, 06 Nov 1994 08:49:37 GMT', expires: 'Sun, 06 Nov 1994 08:49:36 GMT' }, 0],
  ['until a text that is no date', { expires: '0' }, 0],
  ['the age of a shared cache alone', { 'cache-control': 's-maxage=600' }, 0],
  ['nothing', {}, 0],
])('a set that is good for %s is kept for an hour at most', async (_what, headers, seconds) => {
  const response = await fetchClientKeys(async () => Response.json({ keys: [] }, { headers }))(JWKS_URI, { method: 'GET' });

  expect(Object.fromEntries(response.headers)).toEqual({ 'cache-control': `max-age=${seconds}`, 'content-type': 'application/json' });
});

test('an answer that is no set, and one to another request, is what it was', async () => {
  const text = vi.fn<() => Promise<Response>>(async () => new Response('not found', { status: 404 }));
  expect((await fetchClientKeys(text)(JWKS_URI, { method: 'GET' })).status).toBe(404);
  const posted = await fetchClientKeys(answering([rsa(1024)]))(JWKS_URI, { method: 'POST' });
  expect(((await posted.json()) as { keys: unknown[] }).keys).toHaveLength(1);
  await expect(fetchClientKeys(async () => new Response('no JSON'))(JWKS_URI, { method: 'GET' })).rejects.toThrow(/JSON/);
});

test('oidc-provider fetches the keys of a client by a GET', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'of-the-client' };
  const set = answering([jwk]);
  await using bare = await startBareProvider({
    client: {
      client_id: 'bare-client',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: JWKS_URI,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
    configuration: { clientAuthMethods: ['private_key_jwt'], fetch: set as never },
  });
  const assertion = await new SignJWT({ jti: 'one' })
    .setProtectedHeader({ alg: 'ES256', kid: 'of-the-client' })
    .setIssuer('bare-client')
    .setSubject('bare-client')
    .setAudience(ISSUER)
    .setExpirationTime('1m')
    .sign(privateKey);

  const form = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion };
  const answer = await bare.send('/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', ...form }) });

  expect([answer.status, set.mock.calls]).toEqual([200, [[JWKS_URI, expect.objectContaining({ method: 'GET' })]]]);
});
