import { randomUUIDv7 } from 'node:crypto';
import { CompactEncrypt, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, KEYS_PATH as BASE, keyRoutes } from '#test/kms/support/key-routes.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms, type TestKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const base64url = (text: string) => Buffer.from(text).toString('base64url');
const encoded = (bytes: number) => Buffer.alloc(bytes).toString('base64url');
/** The scope of each operation with key material, which its batch takes, too. */
const OPERATION_SCOPES: Readonly<Record<string, string>> = {
  encrypt: 'kms:encrypt',
  decrypt: 'kms:decrypt',
  rewrap: 'kms:rewrap',
  wrap: 'kms:wrap',
  unwrap: 'kms:unwrap',
  generate: 'kms:generate',
  sign: 'kms:sign',
  verify: 'kms:verify',
  'sign-raw': 'kms:sign',
  'verify-raw': 'kms:verify',
  mac: 'kms:mac',
  'mac-verify': 'kms:mac-verify',
};
const name = () => `key-${randomUUIDv7()}`;

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

/** Of an answer what a client decides with. */
const seen = (answers: readonly Answer[]) => answers.map(({ status, body }) => ({ status, body }));

const setUp = async (kms: TestKms) => {
  const server = await keyRoutes(kms, pki);
  return { server, call: server.call, foreign: server.foreign };
};

describe.each(databaseKinds())('The key routes on %s', (kind) => {
  it('make, read, list and change an elastic key', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const input = { name: name(), description: 'by the test', algorithm: 'A256GCM/A256KW', expires_at: '2040-02-29T12:00:00+02:00' };
    const made = await call('POST', '', input);
    expect(made).toMatchObject({ status: 201, headers: { location: `${BASE}/${String(made.body['id'])}` } });
    expect(made.body).toEqual({
      ...input,
      id: made.body['id'],
      labels: {},
      key_size: null,
      curve: null,
      use: 'encrypt',
      operations: ['encrypt', 'decrypt', 'rewrap', 'generate'],
      state: 'active',
      origin: 'kms',
      exportable: false,
      latest_version: 1,
      min_decryption_version: 1,
      max_protections: null,
      rotation_after_protections: null,
      rotation_period: null,
      next_rotation_at: null,
      created_at: '2031-01-01T00:00:00.000Z',
      updated_at: '2031-01-01T00:00:00.000Z',
      expires_at: '2040-02-29T10:00:00.000Z',
      deletion_at: null,
      destroyed_at: null,
    });
    expect((await call('GET', String(made.headers['location']))).body).toEqual(made.body);
    expect((await call('GET', `?name=${input.name}&algorithm=A256GCM%2FA256KW&limit=1&sort=-name`)).body).toEqual({
      items: [made.body],
      next_cursor: null,
    });
    const changed = await call('PATCH', String(made.body['id']), { state: 'suspended', expires_at: null });
    expect(changed).toMatchObject({ status: 200, body: { ...made.body, state: 'suspended', expires_at: null } });
  });

  it('refuse text that no database can hold, and cursors of their own making', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('ES256');
    for (const odd of ['\u0000', 'before\u0000after', '\ud800', '\udfffafter']) {
      const invalid = { status: 400, body: { errors: [{ field: '/description' }] } };
      expect(await call('POST', '', { name: name(), algorithm: 'ES256', description: odd })).toMatchObject(invalid);
      expect(await call('PATCH', id, { description: odd })).toMatchObject(invalid);
    }
    expect(await call('PATCH', id, { description: 'two\nlines 💥' })).toMatchObject({
      status: 200,
      body: { description: 'two\nlines 💥' },
    });
    expect(await call('GET', '?name=%00')).toMatchObject({ status: 400, body: { errors: [{ field: 'query/name' }] } });
    const cursor = (...parts: unknown[]) => base64url(JSON.stringify(parts));
    for (const made of [
      cursor('elastic-keys/name', '\u0000', id),
      cursor('elastic-keys/name', 'a', '\u0000'),
      cursor('elastic-keys/name', '\ud800', id),
    ]) {
      const answer = await call('GET', `?sort=name&cursor=${made}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'cursor-invalid', errors: [{ field: 'query/cursor' }] } });
    }
    for (const version of [2 ** 31, Number.MAX_SAFE_INTEGER]) {
      const answer = await call('GET', `${id}/material-keys?cursor=${cursor(`material-keys/${id}`, version, id)}`);
      expect(answer).toMatchObject({ status: 200, body: { items: [{ version: 1 }] } });
    }
    const before = await call('GET', `${id}/material-keys?cursor=${cursor(`material-keys/${id}`, Number.MIN_SAFE_INTEGER, id)}`);
    expect(before).toMatchObject({ status: 200, body: { items: [], next_cursor: null } });
  });

  it('rotate and show versions and public keys', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('ES256');
    const rotated = await call('POST', `${id}/material-keys`);
    expect(rotated).toMatchObject({ status: 201, body: { elastic_key_id: id, version: 2, state: 'active', deactivated_at: null } });
    const kid = String(rotated.body['id']);
    expect(rotated.headers['location']).toBe(`${BASE}/${id}/material-keys/${kid}`);
    expect((await call('GET', `${id}/material-keys/${kid}`)).body).toEqual(rotated.body);
    const page = await call('GET', `${id}/material-keys?limit=1`);
    expect(page.body).toEqual({ items: [rotated.body], next_cursor: expect.any(String) });
    const rest = await call('GET', `${id}/material-keys?cursor=${String(page.body['next_cursor'])}`);
    expect(rest.body).toMatchObject({ items: [{ version: 1, state: 'deactivated' }], next_cursor: null });
    const { keys } = (await call('GET', `${id}/jwks`)).body as { keys: Record<string, unknown>[] };
    expect(keys.map((key) => Object.keys(key).toSorted())).toEqual(keys.map(() => ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']));
    expect(keys).toHaveLength(2);
    expect(keys[0]).toEqual(rotated.body['public_jwk']);
  });

  it('encrypt, decrypt, rewrap and generate', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('A256GCM/A256KW');
    const [plaintext, context] = [base64url(`secret ${randomUUIDv7()}`), `record=${randomUUIDv7()}`];
    const sealed = await call('POST', `${id}/encrypt`, { plaintext, context });
    expect(sealed).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(Object.keys(sealed.body).toSorted()).toEqual(['ciphertext', 'material_key_id']);
    const { ciphertext } = sealed.body;
    expect((await call('POST', `${id}/decrypt`, { ciphertext, context })).body).toEqual({ plaintext });
    const refused = await call('POST', `${id}/decrypt`, { ciphertext });
    expect(refused).toMatchObject({ status: 400, headers: { 'cache-control': 'no-store' }, body: { code: 'decryption-failed' } });
    await call('POST', `${id}/material-keys`);
    const moved = await call('POST', `${id}/rewrap`, { ciphertext, context });
    expect(Object.keys(moved.body).toSorted()).toEqual(['ciphertext', 'material_key_id']);
    expect((await call('POST', `${id}/decrypt`, { ciphertext: moved.body['ciphertext'], context })).body).toEqual({ plaintext });
    const generated = (await call('POST', `${id}/generate`, { context })).body;
    expect(Buffer.from(String(generated['plaintext']), 'base64url')).toHaveLength(32);
    const opened = await call('POST', `${id}/decrypt`, { ciphertext: generated['ciphertext'], context });
    expect(opened.body).toEqual({ plaintext: generated['plaintext'] });
    const hidden = (await call('POST', `${id}/generate`, { bits: 512, return_plaintext: false })).body;
    expect(Object.keys(hidden).toSorted()).toEqual(['ciphertext', 'material_key_id']);
  });

  it('wrap and unwrap, sign and verify', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const [wrapping, signing] = [(await kms.make('A256KW')).id, (await kms.make('EdDSA')).id];
    const key = base64url(randomUUIDv7());
    const { wrapped_key: wrapped } = (await call('POST', `${wrapping}/wrap`, { key })).body;
    expect((await call('POST', `${wrapping}/unwrap`, { wrapped_key: wrapped })).body).toEqual({ key });
    const payload = base64url(randomUUIDv7());
    const { jws, material_key_id: kid } = (await call('POST', `${signing}/sign`, { payload })).body;
    expect((await call('POST', `${signing}/verify`, { jws })).body).toEqual({ valid: true, payload, material_key_id: kid });
    const signature = String(jws).lastIndexOf('.') + 1;
    const changed = String(jws).at(signature) === 'A' ? 'B' : 'A';
    for (const hostile of [`${String(jws).slice(0, signature)}${changed}${String(jws).slice(signature + 1)}`, 'x', '..']) {
      expect(await call('POST', `${signing}/verify`, { jws: hostile })).toMatchObject({ status: 200, body: { valid: false } });
      expect((await call('POST', `${signing}/verify`, { jws: hostile })).body).toEqual({ valid: false });
    }
  });

  it('sign and verify with the payload apart', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('ES256');
    const payload = base64url(`$.02 ${randomUUIDv7()}`);
    const attached = String((await call('POST', `${id}/sign`, { payload })).body['jws']);
    for (const form of [{ detached: true }, { detached: true, b64: false }]) {
      const { jws, material_key_id: kid } = (await call('POST', `${id}/sign`, { payload, ...form })).body;
      expect(String(jws).split('.')[1]).toBe('');
      expect((await call('POST', `${id}/verify`, { jws, payload })).body).toEqual({ valid: true, material_key_id: kid });
      for (const body of [{ jws }, { jws, payload: base64url('other') }, { jws: `${String(jws)}=`, payload }, { jws: attached, payload }]) {
        const refused = await call('POST', `${id}/verify`, body);
        expect([refused.status, refused.body]).toEqual([200, { valid: false }]);
      }
    }
    const refused = { status: 400, body: { code: 'b64-not-detached', errors: [{ field: '/b64' }] } };
    expect(await call('POST', `${id}/sign`, { payload, b64: false })).toMatchObject(refused);
    expect(await call('POST', `${id}/verify`, { jws: attached, payload: 'AB' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: '/payload' }] },
    });
  });

  it('sign bytes, make MACs, and verify both', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const made = (body: object) => call('POST', '', { name: name(), ...body });
    const signer = await made({ algorithm: 'ES256', use: 'sign-raw' });
    expect(signer.body).toMatchObject({ algorithm: 'ES256', use: 'sign-raw', operations: ['sign-raw', 'verify-raw'], curve: 'P-256' });
    const authenticator = await made({ algorithm: 'HS256', use: 'mac', operations: ['mac-verify', 'mac'] });
    expect(authenticator.body).toMatchObject({ algorithm: 'HS256', use: 'mac', operations: ['mac', 'mac-verify'] });
    expect((await made({ algorithm: 'ES256' })).body).toMatchObject({ use: 'sign', operations: ['sign', 'verify'] });
    for (const [algorithm, use, fix] of [
      ['ES256', 'mac', 'Choose from sign, sign-raw.'],
      ['HS256', 'sign-raw', 'Choose from sign, mac.'],
      ['A256KW', 'encrypt', 'Choose from wrap.'],
    ]) {
      const refused = { status: 400, body: { code: 'use-not-of-algorithm', errors: [{ field: '/use', fix }] } };
      expect(await made({ algorithm, use })).toMatchObject(refused);
    }
    const [id, mac] = [String(signer.body['id']), String(authenticator.body['id'])];
    const payload = base64url(randomUUIDv7());
    const signed = await call('POST', `${id}/sign-raw`, { payload });
    expect(signed).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' }, body: { encoding: 'der' } });
    const { signature, material_key_id: kid } = signed.body;
    expect((await call('POST', `${id}/verify-raw`, { payload, signature, material_key_id: kid })).body).toEqual({ valid: true });
    const fixed = (await call('POST', `${id}/sign-raw`, { payload, encoding: 'p1363' })).body;
    expect(String(fixed['signature'])).toHaveLength(86);
    const wrong = [
      { payload, signature: fixed['signature'], material_key_id: kid },
      { payload, signature, material_key_id: kid, encoding: 'p1363' },
      { payload, signature: `${String(signature)}=`, material_key_id: kid },
      { payload, signature: ` ${String(signature)}`, material_key_id: kid },
      { payload, signature: 'A'.repeat(6_000), material_key_id: kid },
      { payload, signature, material_key_id: randomUUIDv7() },
      { payload, signature, material_key_id: '../../etc/passwd' },
      { payload: base64url('other'), signature, material_key_id: kid },
    ];
    for (const body of wrong) {
      const answer = await call('POST', `${id}/verify-raw`, body);
      expect([answer.status, answer.body]).toEqual([200, { valid: false }]);
    }
    const authenticated = (await call('POST', `${mac}/mac`, { payload })).body;
    expect(Object.keys(authenticated).toSorted()).toEqual(['mac', 'material_key_id']);
    expect((await call('POST', `${mac}/mac-verify`, { payload, ...authenticated })).body).toEqual({ valid: true });
    for (const change of [{ mac: 'AAAA' }, { mac: '=' }, { material_key_id: kid }, { payload: 'AAAA' }])
      expect((await call('POST', `${mac}/mac-verify`, { payload, ...authenticated, ...change })).body).toEqual({ valid: false });
    for (const [body, field] of [
      [{}, '/payload'],
      [{ payload, digest: 'AAAA' }, '/payload'],
      [{ payload: 'AB' }, '/payload'],
      [{ digest: 'A' }, '/digest'],
      [{ digest: encoded(64) }, '/digest'],
      [{ payload, encoding: 'asn1' }, '/encoding'],
      [{ payload, detached: true }, '/detached'],
    ] as const)
      expect(await call('POST', `${id}/sign-raw`, body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  it('take and give back 1 MiB', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const [id, signing] = [(await kms.make('A256GCM/A256KW')).id, (await kms.make('ES256')).id];
    const content = Buffer.alloc(1024 * 1024, 7).toString('base64url');
    const { ciphertext } = (await call('POST', `${id}/encrypt`, { plaintext: content })).body;
    expect((await call('POST', `${id}/decrypt`, { ciphertext })).body['plaintext']).toBe(content);
    const { jws } = (await call('POST', `${signing}/sign`, { payload: content })).body;
    expect((await call('POST', `${signing}/verify`, { jws })).body['valid']).toBe(true);
    const more = Buffer.alloc(1024 * 1024 + 1).toString('base64url');
    expect(await call('POST', `${id}/encrypt`, { plaintext: more })).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
    expect(await call('POST', `${id}/encrypt`, { plaintext: 'A'.repeat(3 * 1024 * 1024) })).toMatchObject({ status: 413 });
  });

  it('answer for a key of another tenant exactly as for one that never was', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, foreign } = await setUp(kms);
    await using _ = server;
    const mine = await kms.make('A256GCM/A256KW');
    const [version] = (await kms.materialKeys.list(kms.caller, mine.id)).items;
    const missing = { id: randomUUIDv7(), kid: randomUUIDv7() };
    const bodies: Record<string, unknown> = {
      encrypt: { plaintext: 'AAAA' },
      decrypt: { ciphertext: 'x' },
      rewrap: { ciphertext: 'x' },
      wrap: { key: 'AAAA' },
      unwrap: { wrapped_key: 'x' },
      generate: {},
      sign: { payload: 'AAAA' },
      verify: { jws: 'x' },
      'sign-raw': { payload: 'AAAA' },
      'verify-raw': { payload: 'AAAA', signature: 'x', material_key_id: 'x' },
      mac: { payload: 'AAAA' },
      'mac-verify': { payload: 'AAAA', mac: 'x', material_key_id: 'x' },
    };
    const answersFor = ({ id, kid }: { id: string; kid: string }) =>
      Promise.all([
        foreign('GET', id),
        foreign('PATCH', id, { state: 'suspended' }),
        foreign('POST', `${id}/material-keys`),
        foreign('GET', `${id}/material-keys`),
        foreign('GET', `${id}/material-keys/${kid}`),
        foreign('GET', `${id}/jwks`),
        ...Object.entries(bodies).map(([operation, body]) => foreign('POST', `${id}/${operation}`, body)),
      ]);
    const [forMine, forMissing] = [await answersFor({ id: mine.id, kid: version?.id ?? '' }), await answersFor(missing)];
    expect(seen(forMine)).toEqual(seen(forMissing));
    for (const { status, body } of forMine) expect([status, body['code']]).toEqual([404, 'elastic-key-not-found']);
    expect(await kms.elasticKeys.read(kms.caller, mine.id)).toEqual(mine);
    expect((await foreign('GET', '')).body).toEqual({ items: [], next_cursor: null });
  });

  it('take the tenant from nothing but the credential', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call, foreign } = await setUp(kms);
    await using _ = server;
    await kms.make('ES256');
    const hostile = await foreign('POST', '', { name: name(), algorithm: 'ES256', tenant_id: kms.tenantId });
    expect(hostile).toMatchObject({ status: 400, body: { code: 'request-invalid' } });
    expect((await foreign('GET', `?tenant_id=${kms.tenantId}`)).status).toBe(400);
    expect((await call('GET', '')).body['items']).toHaveLength(1);
  });

  it.each([
    ['no body', undefined],
    ['no JSON', '{'],
    ['null', 'null'],
    ['an array', []],
    ['no name', { algorithm: 'ES256' }],
    ['an empty name', { name: '', algorithm: 'ES256' }],
    ['a name of 129 characters', { name: 'n'.repeat(129), algorithm: 'ES256' }],
    ['a name with a path', { name: '../x', algorithm: 'ES256' }],
    ['a number for a name', { name: 7, algorithm: 'ES256' }],
    ['an unknown algorithm', { name: 'x', algorithm: 'RSA1_5' }],
    ['an algorithm of the prototype', { name: 'x', algorithm: 'constructor' }],
    ['an unknown property', { name: 'x', algorithm: 'ES256', use: 'encrypt' }],
    ['a polluted prototype', '{"name":"x","algorithm":"ES256","__proto__":{"state":"suspended"}}'],
    ['an operation that is none', { name: 'x', algorithm: 'ES256', operations: ['sign', 'export'] }],
    ['an operation twice', { name: 'x', algorithm: 'ES256', operations: ['sign', 'sign'] }],
    ['a foreign operation', { name: 'x', algorithm: 'ES256', operations: ['encrypt'] }],
    ['a day that no calendar has', { name: 'x', algorithm: 'ES256', expires_at: '2040-02-30T00:00:00Z' }],
    ['an hour that no clock has', { name: 'x', algorithm: 'ES256', expires_at: '2040-02-20T25:00:00Z' }],
    ['a time that is past', { name: 'x', algorithm: 'ES256', expires_at: '1999-01-01T00:00:00Z' }],
    ['a time without a zone', { name: 'x', algorithm: 'ES256', expires_at: '2040-01-01T00:00:00' }],
    ['a description of 1025 characters', { name: 'x', algorithm: 'ES256', description: 'd'.repeat(1025) }],
  ])('refuse to make a key from %s, and make none', async (_what, body) => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const answer = await call('POST', '', body);
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect((await kms.elasticKeys.list(kms.caller)).items).toEqual([]);
  });

  it('take authenticated data as the bytes that were sent, or not at all', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('A256GCM/A256KW');
    const context = 'Café \ufffd 🔑';
    const { body } = await call('POST', `${id}/encrypt`, { plaintext: 'aGVsbG8', context });
    expect(await call('POST', `${id}/decrypt`, { ciphertext: body['ciphertext'], context })).toMatchObject({
      body: { plaintext: 'aGVsbG8' },
    });
    for (const bytes of ['\xff\xfe', '\xc0\xaf', '\x80\x81', 'Caf\xe9']) {
      const binary = (before: string): Buffer => Buffer.from(`${before}"context":"${bytes}"}`, 'latin1');
      const refused = { status: 400, body: { code: 'body-not-utf8', status: 400 } };
      expect(await call('POST', `${id}/encrypt`, binary('{"plaintext":"aGVsbG8",'))).toMatchObject(refused);
      expect(await call('POST', `${id}/decrypt`, binary(`{"ciphertext":"${String(body['ciphertext'])}",`))).toMatchObject(refused);
      expect(
        await call('POST', '', Buffer.from(`{"name":"${name()}","algorithm":"ES256","description":"${bytes}"}`, 'latin1')),
      ).toMatchObject(refused);
    }
    expect((await kms.elasticKeys.list(kms.caller)).items.map((key) => key.id)).toEqual([id]);
  });

  it('rotate a key without a body, whatever type it has, and with no member of one', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('A256GCM/A256KW');
    const rotated = [];
    for (const payload of [undefined, '', '{}']) rotated.push(await call('POST', `${id}/material-keys`, payload));
    expect(rotated.map(({ status, body }) => [status, body['version']])).toEqual([2, 3, 4].map((version) => [201, version]));
    const refused = await call('POST', `${id}/material-keys`, { algorithm: 'ES256' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'request-invalid', errors: [{ field: '/algorithm' }] } });
    expect((await call('GET', id)).body['latest_version']).toBe(4);
  });

  it('take the times of RFC 3339, to the millisecond, and say what is wrong with another', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('ES256');
    for (const [given, kept] of [
      ['2031-02-01T00:00:00.123456Z', '2031-02-01T00:00:00.123Z'],
      ['2031-02-01T00:00:00.123456789+00:00', '2031-02-01T00:00:00.123Z'],
      ['2031-02-01t00:00:00z', '2031-02-01T00:00:00.000Z'],
    ]) {
      expect(await call('PATCH', id, { expires_at: given })).toMatchObject({ status: 200, body: { expires_at: kept } });
    }
    const refused = await call('PATCH', id, { expires_at: '2031-02-01T24:00:00Z' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'time-invalid', errors: [{ field: '/expires_at' }] } });
    expect(String(refused.body['detail'])).toContain('hour 24');
  });

  it('refuse malformed ids, queries and bodies with a 4xx that names the field', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { id } = await kms.make('A256GCM/A256KW');
    const attempts: [Promise<Answer>, string][] = [
      [call('GET', '-no-name'), 'path/id'],
      [call('GET', '%C3%A9'), 'path/id'],
      [call('GET', `${id}/material-keys/1`), 'path/kid'],
      [call('GET', '?limit=0'), 'query/limit'],
      [call('GET', '?limit=101'), 'query/limit'],
      [call('GET', '?limit=1&limit=2'), 'query/limit'],
      [call('GET', '?sort=id'), 'query/sort'],
      [call('GET', '?cursor=AAAA'), 'query/cursor'],
      [call('GET', '?color=red'), 'query/color'],
      [call('PATCH', id, {}), '/'],
      [call('PATCH', id, { state: 'destroyed' }), '/state'],
      [call('PATCH', id, { algorithm: 'A256KW' }), '/algorithm'],
      [call('PATCH', id, { min_decryption_version: 2 }), '/min_decryption_version'],
      [call('PATCH', id, { min_decryption_version: 1.5 }), '/min_decryption_version'],
      [call('PATCH', id, { min_decryption_version: 2 ** 40 }), '/min_decryption_version'],
      [call('POST', `${id}/encrypt`, {}), '/plaintext'],
      [call('POST', `${id}/encrypt`, { plaintext: 'AR' }), '/plaintext'],
      [call('POST', `${id}/encrypt`, { plaintext: 'AA==' }), '/plaintext'],
      [call('POST', `${id}/encrypt`, { plaintext: 'AAAA', context: '' }), '/context'],
      [call('POST', `${id}/encrypt`, { plaintext: 'AAAA', context: 'c'.repeat(4097) }), '/context'],
      [call('POST', `${id}/encrypt`, '{"plaintext":"AAAA","context":"\\ud800"}'), '/context'],
      [call('POST', `${id}/decrypt`, { ciphertext: '' }), '/ciphertext'],
      [call('POST', `${id}/wrap`, { key: '' }), '/key'],
      [call('POST', `${id}/generate`, { bits: 257 }), '/bits'],
      [call('POST', `${id}/generate`, { bits: '256' }), '/bits'],
    ];
    for (const [attempt, field] of attempts) {
      const { status, body } = await attempt;
      expect({ field, status, errors: body['errors'] }).toEqual({
        field,
        status: 400,
        errors: expect.arrayContaining([expect.objectContaining({ field })]),
      });
    }
  });

  it('list every algorithm that an elastic key can be created with, and no other', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const { status, body } = await call('GET', '/service/api/v1/algorithms');
    const items = body['items'] as readonly {
      algorithm: string;
      use: string;
      operations: readonly string[];
      key_sizes: readonly number[];
      libraries: readonly { name: string; curves: readonly string[] }[];
    }[];
    expect(status).toBe(200);
    expect(items).toContainEqual({
      algorithm: 'A256GCM/A256KW',
      use: 'encrypt',
      operations: ['encrypt', 'decrypt', 'rewrap', 'generate'],
      alg: 'A256KW',
      enc: 'A256GCM',
      key_sizes: [],
      curves: [],
      hash: null,
      signature_encodings: [],
      signs_digests: false,
      protection_limit: 2 ** 32,
      summary: 'AES-256-GCM content encryption, its key wrapped with AES-256 key wrap: encrypts data',
      libraries: expect.arrayContaining([{ name: 'nimbus-jose-jwt', curves: [] }]),
    });
    const librariesOf = (algorithm: string) => items.find((item) => item.algorithm === algorithm)?.libraries;
    expect(librariesOf('A256GCM/ECDH-ES')).toContainEqual({ name: 'go-jose', curves: ['P-256', 'P-384', 'P-521'] });
    expect(librariesOf('A256GCM/RSA-OAEP-512')?.map(({ name: each }) => each)).toEqual(['jose', 'nimbus-jose-jwt', 'jwx', 'josekit']);
    expect(librariesOf('ML-DSA-65')?.map(({ name: each }) => each)).toEqual(['jose', 'jwcrypto']);
    expect(body['libraries']).toContainEqual({
      name: 'joserfc',
      language: 'Python',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      context: 'registered',
      not_encrypting_for: ['RSA-OAEP-384', 'RSA-OAEP-512'],
      not_by_jwk_set: [],
      refuses_sets_with: [],
    });
    expect(items).toContainEqual(expect.objectContaining({ algorithm: 'EdDSA', alg: 'EdDSA', enc: null, protection_limit: null }));
    const ofBytes = (algorithm: string, use: string) => items.find((item) => item.algorithm === algorithm && item.use === use);
    expect(ofBytes('ES384', 'sign-raw')).toMatchObject({
      operations: ['sign-raw', 'verify-raw'],
      curves: ['P-384'],
      hash: 'SHA-384',
      signature_encodings: ['der', 'p1363'],
      signs_digests: false,
    });
    expect(ofBytes('PS256', 'sign-raw')).toMatchObject({ key_sizes: [3072, 2048, 4096], signature_encodings: [], signs_digests: true });
    expect(ofBytes('Ed25519', 'sign-raw')).toMatchObject({ hash: null, signature_encodings: [], signs_digests: false });
    expect(ofBytes('HS256', 'mac')).toMatchObject({ operations: ['mac', 'mac-verify'], hash: 'SHA-256', signs_digests: false });
    expect(ofBytes('ES384', 'sign')).toMatchObject({ hash: 'SHA-384', signature_encodings: [], signs_digests: false });
    // Keys of RSA take a second each to make: two of the eighteen lines of them stand for all.
    const slow = items.filter(({ key_sizes: sizes }) => sizes.length > 0).map(({ algorithm }) => algorithm);
    expect(slow).toHaveLength(6 * 3 + 3 + 2 * 6);
    for (const { algorithm, use, operations } of items.filter((item) => !slow.includes(item.algorithm))) {
      const made = await call('POST', '', { name: name(), algorithm, use });
      expect(made).toMatchObject({ status: 201, body: { algorithm, use, operations } });
    }
    for (const algorithm of ['A128CBC-HS256/RSA-OAEP-512', 'PS384']) {
      const made = await call('POST', '', { name: name(), algorithm, key_size: 2048 });
      expect(made).toMatchObject({ status: 201, body: { algorithm, key_size: 2048, curve: null } });
    }
  });

  it.each(['RSA1_5', 'RSA-OAEP', 'A256GCM/RSA-OAEP', 'PBES2-HS256+A128KW', 'none', 'dir', 'PS256:3072', 'toString'])(
    'make no key of %s, and say where the algorithms stand',
    async (algorithm) => {
      await using databases = await withDatabases(kind);
      const kms = await testKms(databases);
      const { server, call } = await setUp(kms);
      await using _ = server;
      const { status, body } = await call('POST', '', { name: name(), algorithm });
      expect({ status, errors: body['errors'] }).toEqual({
        status: 400,
        errors: [expect.objectContaining({ field: '/algorithm', fix: expect.stringContaining('GET /service/api/v1/algorithms') })],
      });
      expect(JSON.stringify(body).length).toBeLessThan(1000);
    },
  );

  it('make a key pair of the size or on the curve that was asked for, and of the first one otherwise', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    const agreement = 'A256GCM/ECDH-ES+A256KW';
    const facts = async (body: Record<string, unknown>) => {
      const made = await call('POST', '', { name: name(), ...body });
      const again = await call('GET', String(made.body['id']));
      const { keys } = (await call('GET', `${String(made.body['id'])}/jwks`)).body as { keys: Record<string, string>[] };
      expect(again.body).toEqual(made.body);
      return [made.status, made.body['key_size'], made.body['curve'], ...keys.map(({ crv, use }) => `${use} ${crv}`)];
    };
    expect(await facts({ algorithm: agreement })).toEqual([201, null, 'P-256', 'enc P-256']);
    expect(await facts({ algorithm: agreement, curve: 'X25519' })).toEqual([201, null, 'X25519', 'enc X25519']);
    expect(await facts({ algorithm: 'ES512' })).toEqual([201, null, 'P-521', 'sig P-521']);
    expect(await facts({ algorithm: 'ES512', curve: 'P-521' })).toEqual([201, null, 'P-521', 'sig P-521']);
    expect(await facts({ algorithm: 'HS256' })).toEqual([201, null, null]);
    for (const [body, field, fix] of [
      [{ algorithm: agreement, curve: 'Ed25519' }, '/curve', 'P-256, P-384, P-521, X25519'],
      [{ algorithm: agreement, key_size: 256 }, '/key_size', 'Leave key_size out'],
      [{ algorithm: 'PS256', key_size: 1024 }, '/key_size', '2048, 3072, 4096'],
      [{ algorithm: 'PS256', curve: 'P-256' }, '/curve', 'Leave curve out'],
      [{ algorithm: 'HS256', key_size: 2048 }, '/key_size', 'Leave key_size out'],
      [{ algorithm: 'ES256', curve: 'P-384' }, '/curve', 'P-256'],
    ] as const) {
      const refused = await call('POST', '', { name: name(), ...body });
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ field, fix: expect.stringContaining(fix) }] } });
    }
    const listed = await call('GET', `?algorithm=${encodeURIComponent(agreement)}`);
    expect((listed.body['items'] as { curve: string }[]).map(({ curve }) => curve)).toEqual(['P-256', 'X25519']);
    expect((await call('GET', '?algorithm=ES384')).body['items']).toEqual([]);
  });

  it('open what somebody else encrypted for the public key, also after a rotation, and protect it anew', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server, call } = await setUp(kms);
    await using _ = server;
    for (const [algorithm, size] of [['A256GCM/ECDH-ES+A256KW', {}] as const, ['A256GCM/RSA-OAEP-256', { key_size: 2048 }] as const]) {
      const id = String((await call('POST', '', { name: name(), algorithm, ...size })).body['id']);
      const { keys } = (await call('GET', `${id}/jwks`)).body as { keys: (JWK & { alg: string })[] };
      const [jwk] = keys;
      const header = { alg: jwk?.alg ?? '', enc: 'A256GCM', kid: jwk?.kid ?? '' };
      const ciphertext = await new CompactEncrypt(Buffer.from('from outside')).setProtectedHeader(header).encrypt(jwk ?? {});
      expect(await call('POST', `${id}/material-keys`)).toMatchObject({ status: 201 });
      expect(await call('POST', `${id}/decrypt`, { ciphertext })).toMatchObject({
        status: 200,
        body: { plaintext: base64url('from outside') },
      });
      const rewrapped = await call('POST', `${id}/rewrap`, { ciphertext });
      expect(rewrapped.body['material_key_id']).not.toBe(jwk?.kid);
      expect(await call('POST', `${id}/decrypt`, { ciphertext: rewrapped.body['ciphertext'] })).toMatchObject({ status: 200 });
    }
  });

  it.each(['ML-DSA-87', 'HS256', 'A256CBC-HS512/ECDH-ES+A256KW'])(
    'take back the largest text that a key of %s makes',
    async (algorithm) => {
      await using databases = await withDatabases(kind);
      const kms = await testKms(databases);
      const { server, call } = await setUp(kms);
      await using _ = server;
      const id = String((await call('POST', '', { name: name(), algorithm })).body['id']);
      const content = Buffer.alloc(1024 * 1024, 7).toString('base64url');
      const [there, back, from, to] = algorithm.includes('/')
        ? (['encrypt', 'decrypt', 'plaintext', 'ciphertext'] as const)
        : (['sign', 'verify', 'payload', 'jws'] as const);
      const made = await call('POST', `${id}/${there}`, { [from]: content, ...(there === 'encrypt' && { context: 'c'.repeat(4096) }) });
      const again = { [to]: made.body[to], ...(there === 'encrypt' && { context: 'c'.repeat(4096) }) };
      const { status, body } = await call('POST', `${id}/${back}`, again);
      expect([status, body[from] === content]).toEqual([200, true]);
    },
  );

  it('declare a scope each', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { server } = await setUp(kms);
    await using _ = server;
    const scopes = Object.fromEntries(server.routes.map(({ path, scope }) => [path.replace(BASE, ''), scope]));
    expect(scopes).toEqual({
      'GET /service/api/v1/algorithms': 'kms:elastic-keys:read',
      'POST ': 'kms:elastic-keys:create',
      'GET ': 'kms:elastic-keys:read',
      'GET /:id': 'kms:elastic-keys:read',
      'PATCH /:id': 'kms:elastic-keys:update',
      'POST /:id/material-keys': 'kms:material-keys:rotate',
      'GET /:id/material-keys': 'kms:material-keys:read',
      'GET /:id/material-keys/:kid': 'kms:material-keys:read',
      'GET /:id/jwks': 'kms:material-keys:read',
      'DELETE /:id': 'kms:elastic-keys:delete',
      'POST /:id/restore': 'kms:elastic-keys:delete',
      'POST /:id/material-keys/:kid/revoke': 'kms:material-keys:revoke',
      'DELETE /:id/material-keys/:kid': 'kms:material-keys:delete',
      'POST /:id/material-keys/:kid/restore': 'kms:material-keys:delete',
      'POST /:id/grants': 'kms:grants:write',
      'GET /:id/grants': 'kms:grants:read',
      'GET /:id/grants/:grant': 'kms:grants:read',
      'DELETE /:id/grants/:grant': 'kms:grants:write',
      'GET /:id/import-parameters': 'kms:elastic-keys:import',
      'POST /:id/import': 'kms:elastic-keys:import',
      'POST /:id/export': 'kms:elastic-keys:export',
      ...Object.fromEntries(
        Object.entries(OPERATION_SCOPES).flatMap(([operation, scope]) => [
          [`POST /:id/${operation}`, scope],
          [`POST /:id/${operation}/batch`, scope],
        ]),
      ),
    });
  });
});
