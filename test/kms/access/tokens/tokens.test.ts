import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';

let house: KmsHouse;
let kms: RunningKms;
let tenants: Readonly<Record<string, string>>;
let demo: string;
beforeAll(async () => {
  house = await kmsHouse({ tenants: ['demo'] });
  kms = await runKms(house);
  tenants = await kms.tenants();
  demo = tenants['demo'] ?? '';
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const ask = (token: string, path = KEYS): Promise<HttpsResponse> => kms.send(path, { headers: bearer(token) });
const withPermissions = (permissions: string[]): Promise<string> => house.issuer.token(demo, { claims: { permissions } });
/** Epoch seconds, so many from now. */
const seconds = (from: number): number => Math.floor(Date.now() / 1000) + from;
const decrypt = async (token: string): Promise<HttpsResponse> => {
  const { items } = (await kms.send(KEYS, { headers: basic('demo-user', 'demo-user-password') })).json<{
    items: { id: string; name: string }[];
  }>();
  const id = items.find((key) => key.name === 'demo-encryption-key')?.id ?? '';
  return kms.send(`${KEYS}/${id}/decrypt`, { method: 'POST', headers: bearer(token), body: { ciphertext: 'x' } });
};
const refusedWith = (response: HttpsResponse): unknown => ({
  status: response.status,
  challenge: /error="(\w+)"/.exec(response.headers['www-authenticate'] ?? '')?.[1],
  error: response.json<{ error?: string }>().error,
});
const INVALID = { status: 401, challenge: 'invalid_token', error: 'invalid_token' };

describe('a good token', () => {
  it('opens the tenant that it names and no other', async () => {
    const response = await ask(await house.issuer.token(demo));
    expect(response.status).toBe(200);
    expect(response.json<{ items: { name: string }[] }>().items.map((key) => key.name)).toContain('demo-encryption-key');
  });

  it('is verified with the issuer once, however often it is shown', async () => {
    const token = await house.issuer.token(demo);
    const before = house.issuer.requests.jwks;
    const responses = await Promise.all(Array.from({ length: 50 }, () => ask(token)));
    expect(responses.every((response) => response.status === 200)).toBe(true);
    expect(house.issuer.requests.jwks).toBe(before);
  });

  it('may be a little ahead of or behind our clock', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await ask(await house.issuer.token(demo, { claims: { nbf: now + 3 } }))).status).toBe(200);
    expect((await ask(await house.issuer.token(demo, { claims: { exp: now - 2 } }))).status).toBe(200);
  });

  it('says 403 and names the scope that it lacks', async () => {
    const response = await ask(await house.issuer.token(demo, { claims: { scope: 'kms:crypto' } }));
    expect(response.status).toBe(403);
    expect(response.headers['www-authenticate']).toContain('error="insufficient_scope"');
    expect(response.json()).toMatchObject({ error: 'insufficient_scope', scope: 'kms:elastic-keys:read' });
  });

  it('may carry a fine scope in place of a coarse one', async () => {
    expect((await ask(await house.issuer.token(demo, { claims: { scope: 'kms:elastic-keys:read' } }))).status).toBe(200);
    expect((await ask(await house.issuer.token(demo, { claims: { scope: 'kms:material-keys:read' } }))).status).toBe(403);
  });

  it('is narrowed by its permissions, to nothing when they are empty', async () => {
    expect((await ask(await withPermissions(['kms:elastic-keys:read']))).status).toBe(200);
    expect((await ask(await withPermissions(['kms:encrypt']))).status).toBe(403);
    expect((await ask(await withPermissions([]))).status).toBe(403);
  });

  it('cannot gain by permissions what its scope does not give', async () => {
    const token = await house.issuer.token(demo, { claims: { scope: 'kms:encrypt', permissions: ['kms:read', 'kms:admin'] } });
    expect((await ask(token)).status).toBe(403);
  });

  it('cannot choose a tenant by path, query or header', async () => {
    const other = tenants['demo-other'] ?? '';
    const headers = { ...bearer(await house.issuer.token(demo)), 'x-tenant-id': other, tenant_id: other, 'x-forwarded-tenant': other };
    const listed = await kms.send(KEYS, { headers });
    expect(listed.json<{ items: { name: string }[] }>().items.map((key) => key.name)).not.toContain('demo-other-encryption-key');
    expect((await kms.send(`${KEYS}?tenant_id=${other}`, { headers })).status).toBe(400);
  });
});

describe('a token is refused with 401', () => {
  it.each<[string, Record<string, unknown>]>([
    ['of another issuer', { iss: 'https://identity.example' }],
    ['whose issuer differs by a slash', { iss: 'slash' }],
    ['for another audience', { aud: 'urn:passthru:other' }],
    ['for an audience that begins like ours', { aud: 'urn:passthru:kms:more' }],
    ['for us and for others', { aud: ['urn:passthru:kms', 'urn:passthru:other'] }],
    ['without audience', { aud: undefined }],
    ['that has expired', { exp: seconds(-60) }],
    ['without expiry', { exp: undefined }],
    ['whose expiry is text', { exp: '9999999999' }],
    ['that is not valid yet', { nbf: seconds(120) }],
    ['that was issued in the future', { iat: seconds(60) }],
    ['that lives longer than tokens of its issuer may', { exp: seconds(3700) }],
    ['without scope', { scope: undefined }],
    ['with an empty scope', { scope: '' }],
    ['with a blank scope', { scope: ' ' }],
    ['whose scope is a list', { scope: ['kms:read'] }],
    ['without tenant', { tenant_id: undefined }],
    ['for a tenant that does not exist', { tenant_id: randomUUID() }],
    ['for a tenant id that is none', { tenant_id: "' or 1=1 --" }],
    ['for a tenant by its name', { tenant_id: 'demo' }],
    ['for a tenant id in capitals', { tenant_id: 'upper' }],
    ['for a tenant that its issuer may not speak for', { tenant_id: 'other' }],
    ['without subject', { sub: undefined }],
    ['without id', { jti: undefined }],
    ['without client', { client_id: undefined }],
    ['whose roles are text', { roles: 'admin' }],
    ['whose permissions are text', { permissions: 'kms:read' }],
    ['bound to a certificate that is not shown', { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } }],
    ['bound to a DPoP key', { cnf: { jkt: 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } }],
    ['bound in an unknown way', { cnf: { kid: 'x' } }],
  ])('%s, with one answer for all', async (_, claims) => {
    const meant = { slash: `${house.issuer.issuer}/`, upper: demo.toUpperCase(), other: tenants['demo-other'] };
    const real = Object.fromEntries(
      Object.entries(claims).map(([name, value]) => [
        name,
        typeof value === 'string' && Object.hasOwn(meant, value) ? meant[value as 'slash'] : value,
      ]),
    );
    expect(refusedWith(await ask(await house.issuer.token(demo, { claims: real })))).toEqual(INVALID);
  });

  it.each<[string, Record<string, unknown>]>([
    ['an ID token: typ JWT', { typ: 'JWT' }],
    ['without typ', { typ: undefined }],
    ['with a kid that is not published', { kid: randomUUIDv7() }],
    ['without kid', { kid: undefined }],
    ['with a kid that is a path', { kid: '../../../../etc/passwd' }],
    ['with a kid that is SQL', { kid: "' union select key from keys --" }],
    ['with a kid that is a URL', { kid: 'https://attacker.example/key' }],
    ['with a kid of 129 characters', { kid: 'k'.repeat(129) }],
    ['with a critical header that nobody knows', { crit: ['urn:unknown'], 'urn:unknown': true }],
  ])('%s', async (_, header) => {
    expect(refusedWith(await ask(await house.issuer.token(demo, { header })))).toEqual(INVALID);
  });

  it('signed with a key of the attacker, whatever jwk, jku, x5u or x5c it offers', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const good = JSON.parse(Buffer.from((await house.issuer.token(demo)).split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    for (const offer of [
      { jwk },
      { jku: `${house.issuer.issuer}/jwks` },
      { x5u: 'https://attacker.example/cert.pem' },
      { x5c: [Buffer.from('certificate').toString('base64')] },
    ]) {
      const header = { alg: 'ES256', typ: 'at+jwt', kid: house.issuer.publicKeys[0]?.kid ?? '', ...offer };
      expect(refusedWith(await ask(await new SignJWT(good).setProtectedHeader(header).sign(privateKey)))).toEqual(INVALID);
    }
  });

  it('unsigned, or signed with the public key as an HMAC secret', async () => {
    const payload = JSON.parse(Buffer.from((await house.issuer.token(demo)).split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      unknown
    >;
    const published = house.issuer.publicKeys[0];
    expect(refusedWith(await ask(new UnsecuredJWT(payload).encode()))).toEqual(INVALID);
    const none = `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: published?.kid })).toString('base64url')}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.AA`;
    expect(refusedWith(await ask(none))).toEqual(INVALID);
    const key = await importJWK({ ...published, ext: true }, 'ES256', { extractable: true });
    const secrets = [JSON.stringify(published), key instanceof Uint8Array ? '' : await exportSPKI(key)];
    for (const secret of secrets) {
      const header = { alg: 'HS256', typ: 'at+jwt', kid: published?.kid ?? '' };
      expect(refusedWith(await ask(await new SignJWT(payload).setProtectedHeader(header).sign(Buffer.from(secret))))).toEqual(INVALID);
    }
  });

  it('with one changed character anywhere', async () => {
    const token = await house.issuer.token(demo);
    for (const position of [3, Math.floor(token.length / 2), token.lastIndexOf('.') + 5]) {
      const changed = `${token.slice(0, position)}${token[position] === 'A' ? 'B' : 'A'}${token.slice(position + 1)}`;
      expect((await ask(changed)).status).toBe(401);
    }
  });

  it('written in another way than the one canonical base64url', async () => {
    const token = await house.issuer.token(demo);
    expect((await ask(token)).status).toBe(200);
    // The last character of a 64-byte signature carries four stray bits.
    const stray = `${token.slice(0, -1)}${String.fromCharCode((token.at(-1) ?? 'A').charCodeAt(0) + 1)}`;
    for (const other of [`${token}=`, `${token}==`, stray]) expect((await ask(other)).status).toBe(401);
  });

  it('that is no JWT at all', async () => {
    for (const text of ['opaque', 'a.b', 'a.b.c', '...', `${'a'.repeat(4_000)}.b.c`, 'bm90.anNvbg.eA'])
      expect((await ask(text)).status).toBe(401);
  });
});

describe('an answer to a refused token', () => {
  it('repeats nothing of the token', async () => {
    const marker = `marker-${randomUUIDv7()}`;
    const token = await house.issuer.token(demo, { claims: { iss: marker, sub: marker, scope: marker }, header: { kid: marker } });
    const response = await ask(token);
    expect(response.status).toBe(401);
    expect(`${response.text}${JSON.stringify(response.headers)}`).not.toContain(marker);
    expect(response.text).not.toContain(token.split('.')[2]);
  });
});

describe('a tenant', () => {
  it('is never made by a token that names it', async () => {
    const before = await kms.tenants();
    await ask(await house.issuer.token(randomUUID(), { claims: { tenant_name: 'new' } }));
    expect(await kms.tenants()).toEqual(before);
  });
});

describe('a revoked token', () => {
  it('is refused at once where key material is used', async () => {
    const jti = randomUUIDv7();
    const token = await house.issuer.token(demo, { claims: { jti } });
    expect((await decrypt(token)).status).toBe(400);
    house.issuer.revoked.add(jti);
    expect(refusedWith(await decrypt(token))).toEqual(INVALID);
    const { authorization } = house.issuer.requests.introspection.at(-1) ?? {};
    // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
    expect(Buffer.from(authorization?.slice(6) ?? '', 'base64').toString()).toBe('passthru-kms:client%3Asecret%2Fwith%2Bodd+characters');
  });

  it('is neither good nor bad when Identity does not say: 503 that names it', async () => {
    const token = await house.issuer.token(demo);
    house.issuer.introspectionStatus = 500;
    const response = await decrypt(token);
    house.issuer.introspectionStatus = 200;
    expect(response.status).toBe(503);
    expect(response.json()).toMatchObject({ code: 'identity-unavailable', detail: expect.stringContaining('localhost') as string });
    expect((await decrypt(token)).status).toBe(400);
  });
});
