import { createSecretKey, createPublicKey, generateKeyPairSync, randomBytes, randomUUIDv7 } from 'node:crypto';
import { CompactEncrypt, CompactSign, compactVerify, createLocalJWKSet, importSPKI, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import type { PublicJwk } from '#kms/jose/key-material.ts';
import { newPrivateKey, pkcs8Of, primeWithFingerprint, rsaOf, rsaPkcs8 } from '#test/kms/jose/received/made-keys.ts';
import { type Call, KEYS_PATH, keyRoutes } from '#test/kms/support/key-routes.ts';
import { wrapFor } from '#test/kms/support/wrapped-keys.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

interface Parameters {
  readonly transport_key_id: string;
  readonly wrapping: 'RSA_AES_KEY_WRAP_SHA_256' | 'ECDH_ES_A256KW';
  readonly public_jwk: PublicJwk;
  readonly public_key_pem: string;
}

const makeExternal = async (call: Call, algorithm: string): Promise<string> => {
  const made = await call('POST', '', { name: `key-${randomUUIDv7()}`, algorithm, origin: 'external' });
  expect(made).toMatchObject({ status: 201, body: { origin: 'external', exportable: false, state: 'pending-import', latest_version: 0 } });
  return String(made.body['id']);
};

const parametersOf = async (call: Call, id: string, wrapping = 'ECDH_ES_A256KW'): Promise<Parameters> => {
  const answer = await call('GET', `${id}/import-parameters?wrapping=${wrapping}`);
  expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' }, body: { wrapping } });
  return answer.body as unknown as Parameters;
};

const bodyOf = async (parameters: Parameters, content: Uint8Array, more: object = {}) => {
  const { transport_key_id: transportKeyId, wrapping, public_jwk: publicJwk } = parameters;
  return { transport_key_id: transportKeyId, wrapped_key: await wrapFor({ transportKeyId, wrapping, publicJwk }, content), ...more };
};

describe.each(databaseKinds())('The routes of the import on %s', (kind) => {
  it('take a key by either wrapping, and show the version that it became', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call } = server;
    const id = await makeExternal(call, 'ES256');
    const standard = (await call('GET', `${id}/import-parameters`)).body as unknown as Parameters;
    expect(standard).toMatchObject({ wrapping: 'RSA_AES_KEY_WRAP_SHA_256', expires_at: '2031-01-02T00:00:00.000Z' });
    const { kid, alg, use, ...jwk } = standard.public_jwk;
    expect([kid, alg, use]).toEqual([standard.transport_key_id, 'RSA-OAEP-256', 'enc']);
    expect(createPublicKey(standard.public_key_pem).export({ format: 'jwk' })).toEqual(jwk);
    const other = await parametersOf(call, id);
    expect(other.public_jwk).toMatchObject({ kid: other.transport_key_id, alg: 'ECDH-ES+A256KW', use: 'enc', crv: 'P-521' });
    await expect(importSPKI(other.public_key_pem, 'ECDH-ES+A256KW')).resolves.toBeDefined();

    for (const [version, parameters] of [standard, other].entries()) {
      const key = newPrivateKey('P-256');
      const made = await call('POST', `${id}/import`, await bodyOf(parameters, pkcs8Of(key)));
      const { x, y } = createPublicKey(key).export({ format: 'jwk' });
      expect(made).toMatchObject({
        status: 201,
        headers: { location: `${KEYS_PATH}/${id}/material-keys/${String(made.body['id'])}`, 'cache-control': 'no-store' },
        body: { elastic_key_id: id, version: version + 1, state: 'active', public_jwk: { kid: made.body['id'], x, y } },
      });
      expect((await call('GET', String(made.headers['location']))).body).toEqual(made.body);
    }
    expect((await call('GET', id)).body).toMatchObject({ state: 'active', latest_version: 2 });
  });

  it('make a transport key for GET alone: HEAD is another method', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const id = await makeExternal(server.call, 'ES256');
    const { db } = await kms.database(kms.tenantId);
    const transportKeys = () => db.selectFrom('transport_keys').select('id').execute();
    expect(await server.call('HEAD', `${id}/import-parameters`)).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    expect(await transportKeys()).toEqual([]);
    await parametersOf(server.call, id);
    expect(await transportKeys()).toHaveLength(1);
  });

  it('take a key where the elastic key is as the caller read it, and leave the transport key where it is not', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call } = server;
    const id = await makeExternal(call, 'A256KW');
    const body = await bodyOf(await parametersOf(call, id), randomBytes(32));
    const refused = await call('POST', `${id}/import`, body, { 'if-match': '"other"' });
    expect(refused).toMatchObject({ status: 412, body: { code: 'precondition-failed' } });
    const tag = String((await call('GET', id)).headers['etag']);
    const made = await call('POST', `${id}/import`, body, { 'if-match': tag });
    expect(made.status).toBe(201);
    expect((await call('GET', String(made.headers['location']))).headers['etag']).toBe(made.headers['etag']);
  });

  it('take the id that the key had elsewhere', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call } = server;
    const id = await makeExternal(call, 'A256GCM/dir');
    const [secret, kid] = [randomBytes(32), randomUUIDv7()];
    const ciphertext = await new CompactEncrypt(randomBytes(9))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
      .encrypt(createSecretKey(secret));
    const jwk = new TextEncoder().encode(JSON.stringify({ kty: 'oct', k: encodeBase64url(secret), kid }));
    const body = await bodyOf(await parametersOf(call, id), jwk, { format: 'jwk', material_key_id: kid });
    expect(await call('POST', `${id}/import`, body)).toMatchObject({ status: 201, body: { id: kid, public_jwk: null } });
    expect((await call('POST', `${id}/decrypt`, { ciphertext })).status).toBe(200);
  });

  it('take any other kid that it had elsewhere, and publish its key under both', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call } = server;
    const id = await makeExternal(call, 'ES256');
    const key = newPrivateKey('P-256');
    const jws = await new CompactSign(randomBytes(9)).setProtectedHeader({ alg: 'ES256', kid: 'billing 2024' }).sign(key);
    const body = await bodyOf(await parametersOf(call, id), pkcs8Of(key));
    const refused: readonly (readonly [object, string])[] = [
      [{ kid: randomUUIDv7() }, 'kid-is-an-id'],
      [{ kid: 'one', material_key_id: randomUUIDv7() }, 'kid-beside-id'],
      [{ kid: 'a\0b' }, 'kid-refused'],
      [{ kid: '\uD800' }, 'text-not-unicode'],
      [{ kid: 'k'.repeat(129) }, 'request-invalid'],
      [{ kid: '' }, 'request-invalid'],
    ];
    for (const [more, code] of refused) {
      const answer = await call('POST', `${id}/import`, { ...body, ...more });
      expect(answer).toMatchObject({ status: 400, body: { code, errors: [{ field: '/kid' }] } });
    }
    const made = await call('POST', `${id}/import`, { ...body, kid: 'billing 2024' });
    expect(made).toMatchObject({ status: 201, body: { imported_kid: 'billing 2024' } });
    const version = made.body['id'];
    expect((await call('POST', `${id}/verify`, { jws })).body).toMatchObject({ valid: true, material_key_id: version });
    const { keys } = (await call('GET', `${id}/jwks`)).body as { keys: readonly JWK[] };
    expect(keys.map(({ kid }) => kid)).toEqual([version, 'billing 2024']);
    expect(await compactVerify(jws, createLocalJWKSet({ keys: [...keys] }))).toMatchObject({ protectedHeader: { kid: 'billing 2024' } });
    const unknown = `${Buffer.from('{"alg":"ES256","kid":"billing 2025"}').toString('base64url')}${jws.slice(jws.indexOf('.'))}`;
    expect((await call('POST', `${id}/verify`, { jws: unknown })).body).toEqual({ valid: false });
  });
});

describe('The routes of the import', () => {
  it('refuse each key that is none by what is wrong with it, and tell none of its bytes', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call } = server;
    const [onCurve, ofRsa, symmetric] = [
      await makeExternal(call, 'ES256'),
      await makeExternal(call, 'RS256'),
      await makeExternal(call, 'A256KW'),
    ];
    const key = newPrivateKey('P-256');
    const jwk = { ...key.export({ format: 'jwk' }) };
    const json = (value: object) => new TextEncoder().encode(JSON.stringify(value));
    const small = pkcs8Of(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
    const weak = rsaPkcs8(rsaOf(primeWithFingerprint(1024), primeWithFingerprint(1024)));
    const cases: readonly (readonly [string, Uint8Array, object, string, string])[] = [
      [onCurve, new Uint8Array(Buffer.from(String(key.export({ format: 'pem', type: 'pkcs8' })))), {}, 'key-form-refused', 'is PEM'],
      [onCurve, pkcs8Of(newPrivateKey('P-384')), {}, 'key-of-another-kind', 'is a key on P-384'],
      [onCurve, json({ ...jwk, y: jwk.x }), { format: 'jwk' }, 'key-inconsistent', 'not on P-256'],
      [onCurve, pkcs8Of(key), { format: 'raw' }, 'key-form-refused', 'only a symmetric key'],
      [ofRsa, small, {}, 'key-weak', 'is an RSA key of 1024 bits'],
      [ofRsa, weak, {}, 'key-weak', 'CVE-2017-15361'],
      [symmetric, new Uint8Array(32), {}, 'key-weak', 'is all zeros'],
    ];
    for (const [id, content, more, code, message] of cases) {
      const answer = await call('POST', `${id}/import`, await bodyOf(await parametersOf(call, id), content, more));
      expect(answer).toMatchObject({
        status: 400,
        body: { code, errors: [{ field: '/wrapped_key', message: expect.stringContaining(message) }] },
      });
      const told = JSON.stringify(answer.body);
      for (const encoding of ['base64url', 'base64', 'hex'] as const)
        expect(told).not.toContain(Buffer.from(content).subarray(-12).toString(encoding));
      expect((await call('GET', id)).body).toMatchObject({ state: 'pending-import', latest_version: 0 });
    }
  });

  it('refuse a body that is too long, names no transport key or another wrapping, and one of another tenant', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call, foreign } = server;
    const id = await makeExternal(call, 'A256KW');
    const parameters = await parametersOf(call, id);
    const body = await bodyOf(parameters, randomBytes(32));
    expect((await call('POST', `${id}/import`, { ...body, wrapped_key: 'A'.repeat(16_385) })).status).toBe(400);
    expect((await call('POST', `${id}/import`, { ...body, wrapped_key: 'A'.repeat(40_000) })).status).toBe(413);
    expect((await call('POST', `${id}/import`, { ...body, format: 'pem' })).status).toBe(400);
    expect((await call('GET', `${id}/import-parameters?wrapping=RSAES_PKCS1_V1_5`)).status).toBe(400);
    const unknown = { status: 409, body: { code: 'transport-key-unknown', errors: [{ field: '/transport_key_id' }] } };
    expect(await call('POST', `${id}/import`, { ...body, transport_key_id: randomUUIDv7() })).toMatchObject(unknown);
    const missing = { status: 404, body: { code: 'elastic-key-not-found' } };
    expect(await foreign('POST', `${id}/import`, body)).toMatchObject(missing);
    expect(await foreign('GET', `${id}/import-parameters`)).toMatchObject(missing);
    expect((await call('POST', `${id}/import`, body)).status).toBe(201);
  });
});

describe('The route of the export', () => {
  it('gives a version wrapped, which the import of another elastic key takes as it is', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call, foreign } = server;
    const made = await call('POST', '', { name: `key-${randomUUIDv7()}`, algorithm: 'ES256', exportable: true });
    expect(made).toMatchObject({ status: 201, body: { exportable: true, origin: 'kms', state: 'active' } });
    const id = String(made.body['id']);
    const [version] = (await kms.materialKeys.list(kms.caller, id)).items;
    const target = await makeExternal(call, 'ES256');
    const parameters = await parametersOf(call, target);
    const body = { recipient_jwk: parameters.public_jwk, material_key_id: version?.id };
    const exported = await call('POST', `${id}/export`, body);
    const { wrapped_key: wrappedKey } = exported.body;
    expect(exported).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    const facts = { material_key_id: version?.id, version: 1, format: 'pkcs8', wrapping: 'ECDH_ES_A256KW', wrapped_key: wrappedKey };
    expect(exported.body).toEqual(facts);
    const imported = await call('POST', `${target}/import`, { transport_key_id: parameters.transport_key_id, wrapped_key: wrappedKey });
    const { x, y } = version?.publicJwk ?? {};
    expect(imported).toMatchObject({ status: 201, body: { public_jwk: { x, y } } });
    expect(await foreign('POST', `${id}/export`, body)).toMatchObject({ status: 404, body: { code: 'elastic-key-not-found' } });
    expect(await call('POST', `${target}/export`, body)).toMatchObject({ status: 409, body: { code: 'elastic-key-not-exportable' } });
    expect((await call('PATCH', target, { exportable: true })).status).toBe(400);
  });

  it('takes any JWK as a recipient whose parts are right, and none with a private part', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    await using server = await keyRoutes(kms, pki);
    const { call } = server;
    const made = await call('POST', '', { name: `key-${randomUUIDv7()}`, algorithm: 'A256KW', exportable: true });
    const ask = (recipient: object) => call('POST', `${String(made.body['id'])}/export`, { recipient_jwk: recipient });
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const own = { ...publicKey.export({ format: 'jwk' }) };
    const whole = { ...own, kid: 'mine', key_ops: ['deriveBits'], ext: true, 'x5t#S256': 'AAAA' };
    expect(await ask(whole)).toMatchObject({ status: 200, body: { wrapping: 'ECDH_ES_A256KW', format: 'raw' } });
    const secret = { ...privateKey.export({ format: 'jwk' }) };
    const refused = await ask(secret);
    expect(refused).toMatchObject({ status: 400, body: { code: 'key-form-refused', errors: [{ field: '/recipient_jwk' }] } });
    expect(JSON.stringify(refused.body)).not.toContain(secret.d);
    for (const other of [{}, { kty: 'EC' }, { ...own, crv: 'P-999' }, { ...own, x: 7 }, { ...own, kid: 'k'.repeat(129) }])
      expect((await ask(other)).status).toBe(400);
  });
});
