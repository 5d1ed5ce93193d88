import { randomBytes, randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import type { AppError } from '#infra/apperr/app-error.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { writeTenantRow } from '#test/support/written-rows.ts';

const text = (value: string) => new TextEncoder().encode(value);
const plaintext = () => text(`secret ${randomUUIDv7()}`);
const context = () => `record=${randomUUIDv7()}`;

/** The id of an elastic key that is new. */
const newKey = async ({ make }: TestKms, algorithm: Parameters<TestKms['make']>[0]): Promise<string> => (await make(algorithm)).id;

/** A refusal as a client sees it. */
const refusalOf = async (refused: Promise<unknown>) => {
  const error = await refused.then(
    () => null,
    (thrown: AppError) => thrown,
  );
  return error && { code: error.code, status: error.status, message: error.message, fix: error.fix, fields: error.fields };
};

const refusalsOf = (attempts: readonly Promise<unknown>[]) => Promise.all(attempts.map(refusalOf));

describe.each(databaseKinds())('Cryptography on %s', (kind) => {
  it('decrypts whatever it encrypted, with and without context', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const contexts = fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2048 }), contexts, async (content, given) => {
        const bound = given === undefined ? {} : { context: given };
        const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: content, ...bound });
        expect(await kms.crypto.decrypt(kms.caller, key, { jwe, ...bound })).toEqual(content);
      }),
      { numRuns: 40 },
    );
  });

  it('makes a compact JWE whose kid is the material key, never the same twice', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const [version] = (await kms.materialKeys.list(kms.caller, key)).items;
    const content = plaintext();
    const [first, second] = [
      await kms.crypto.encrypt(kms.caller, key, { plaintext: content }),
      await kms.crypto.encrypt(kms.caller, key, { plaintext: content }),
    ];
    expect(first.materialKeyId).toBe(version?.id);
    expect(decodeProtectedHeader(first.jwe)).toEqual({ alg: 'A256KW', enc: 'A256GCM', kid: version?.id });
    const [, ...before] = first.jwe.split('.');
    const [, ...after] = second.jwe.split('.');
    for (const [index, segment] of before.entries()) expect(after[index]).not.toBe(segment);
  });

  it('binds the context as a digest, which does not show it', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const given = context();
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext(), context: given });
    expect(decodeProtectedHeader(jwe)['ctx']).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(Buffer.from(jwe.split('.')[0] ?? '', 'base64url').toString()).not.toContain(given);
  });

  it('refuses a JWE with any character changed', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() });
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n';
    for (let index = 0; index < jwe.length; index += 1) {
      const character = alphabet[(alphabet.indexOf(jwe[index] ?? '') + 1 + (index % 60)) % alphabet.length] ?? 'A';
      const changed = jwe.slice(0, index) + (character === jwe[index] ? '~' : character) + jwe.slice(index + 1);
      expect((await refusalOf(kms.crypto.decrypt(kms.caller, key, { jwe: changed })))?.code, `character ${index}`).toBe(
        'decryption-failed',
      );
    }
  });

  it('refuses every failure to open with the same code, status and body', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const otherKey = await newKey(kms, 'A256GCM/A256KW');
    const wrappingKey = await newKey(kms, 'A256KW');
    const given = context();
    const [bound, free] = [
      (await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext(), context: given })).jwe,
      (await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() })).jwe,
    ];
    const foreign = (await kms.crypto.encrypt(kms.caller, otherKey, { plaintext: plaintext() })).jwe;
    const wrapped = (await kms.crypto.wrap(kms.caller, wrappingKey, { key: randomBytes(32) })).jwe;
    const withHeader = (parameters: object) => {
      const [header = '', ...rest] = free.split('.');
      const decoded = JSON.parse(Buffer.from(header, 'base64url').toString()) as object;
      return [Buffer.from(JSON.stringify({ ...decoded, ...parameters })).toString('base64url'), ...rest].join('.');
    };
    const failures = [
      { jwe: bound },
      { jwe: bound, context: `${given} ` },
      { jwe: free, context: given },
      { jwe: foreign },
      { jwe: wrapped },
      { jwe: withHeader({ kid: randomUUIDv7() }) },
      { jwe: withHeader({ kid: "' or 1=1 --" }) },
      { jwe: withHeader({ kid: '../../etc/passwd' }) },
      { jwe: withHeader({ zip: 'DEF' }) },
      { jwe: withHeader({ alg: 'dir' }) },
      { jwe: withHeader({ enc: 'A128GCM' }) },
      { jwe: withHeader({ crit: ['ctx'] }) },
      { jwe: free.slice(0, -1) },
      { jwe: `${free}.` },
      { jwe: `${free}\n` },
      { jwe: 'not a JWE' },
      { jwe: '....' },
      { jwe: '' },
    ];
    const refusals = await Promise.all(failures.map((input) => refusalOf(kms.crypto.decrypt(kms.caller, key, input))));
    const [first] = refusals;
    expect(first).toMatchObject({ code: 'decryption-failed', status: 400, fields: [] });
    for (const refusal of refusals) expect(refusal).toEqual(first);
  });

  it('opens after a rotation what an older version protected, and names the new version in what it protects', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const content = plaintext();
    const old = await kms.crypto.encrypt(kms.caller, key, { plaintext: content });
    const { id } = await kms.materialKeys.rotate(kms.caller, key);
    expect(await kms.crypto.decrypt(kms.caller, key, { jwe: old.jwe })).toEqual(content);
    const fresh = await kms.crypto.encrypt(kms.caller, key, { plaintext: content });
    expect(fresh.materialKeyId).toBe(id);
    expect(decodeProtectedHeader(fresh.jwe).kid).toBe(id);
  });

  it('rewraps to the newest version with the same context', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const [content, given] = [plaintext(), context()];
    const old = await kms.crypto.encrypt(kms.caller, key, { plaintext: content, context: given });
    const { id } = await kms.materialKeys.rotate(kms.caller, key);
    const fresh = await kms.crypto.rewrap(kms.caller, key, { jwe: old.jwe, context: given });
    expect(Object.keys(fresh).toSorted()).toEqual(['jwe', 'materialKeyId']);
    expect(decodeProtectedHeader(fresh.jwe).kid).toBe(id);
    await kms.elasticKeys.change(kms.caller, key, { minDecryptionVersion: 2 });
    expect(await kms.crypto.decrypt(kms.caller, key, { jwe: fresh.jwe, context: given })).toEqual(content);
    expect((await refusalOf(kms.crypto.rewrap(kms.caller, key, { jwe: fresh.jwe })))?.code).toBe('decryption-failed');
    expect((await refusalOf(kms.crypto.decrypt(kms.caller, key, { jwe: old.jwe, context: given })))?.code).toBe('decryption-failed');
  });

  it('wraps a key and unwraps it with the same context only', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256KW');
    const given = context();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 512 }), async (material) => {
        const { jwe } = await kms.crypto.wrap(kms.caller, key, { key: material, context: given });
        expect(await kms.crypto.unwrap(kms.caller, key, { jwe, context: given })).toEqual(material);
        expect((await refusalOf(kms.crypto.unwrap(kms.caller, key, { jwe })))?.code).toBe('decryption-failed');
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['A256GCM/A256KW', 'decrypt'],
    ['A256KW', 'unwrap'],
  ] as const)('generates data keys that the same %s key opens again', async (algorithm, opening) => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, algorithm);
    for (const bits of [128, 192, 256, 512] as const) {
      const [first, second] = [await kms.crypto.generate(kms.caller, key, { bits }), await kms.crypto.generate(kms.caller, key, { bits })];
      expect(first.dataKey).toHaveLength(bits / 8);
      expect(first.dataKey).not.toEqual(second.dataKey);
      expect(await kms.crypto[opening](kms.caller, key, { jwe: first.jwe })).toEqual(Uint8Array.from(first.dataKey));
    }
  });

  it.each(['ES256', 'ES384', 'EdDSA'] as const)(
    'signs with %s what itself and any other JOSE implementation verifies',
    async (algorithm) => {
      await using databases = await withDatabases(kind);
      const kms = await testKms(databases);
      const key = await newKey(kms, algorithm);
      const jwks = createLocalJWKSet(await kms.materialKeys.jwks(kms.caller, key));
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 512 }), async (payload) => {
          const { jws, materialKeyId } = await kms.crypto.sign(kms.caller, key, { payload });
          expect(decodeProtectedHeader(jws)).toEqual({ alg: algorithm, kid: materialKeyId });
          expect(await kms.crypto.verify(kms.caller, key, { jws })).toEqual({ valid: true, materialKeyId, payload });
          expect((await compactVerify(jws, jwks)).payload).toEqual(payload);
        }),
        { numRuns: 20 },
      );
    },
  );

  it.each(['ES256', 'ES384', 'EdDSA'] as const)(
    'says of a %s signature with any character changed only that it is not valid',
    async (algorithm) => {
      await using databases = await withDatabases(kind);
      const kms = await testKms(databases);
      const key = await newKey(kms, algorithm);
      const { jws } = await kms.crypto.sign(kms.caller, key, { payload: plaintext() });
      for (let index = 0; index < jws.length; index += 1) {
        const changed = `${jws.slice(0, index)}${jws[index] === 'A' ? 'B' : 'A'}${jws.slice(index + 1)}`;
        expect(await kms.crypto.verify(kms.caller, key, { jws: changed }), `character ${index}`).toEqual({ valid: false });
      }
    },
  );

  it('says of every other failure to verify the same', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, other] = [await newKey(kms, 'ES256'), await newKey(kms, 'ES256')];
    const mine = (await kms.crypto.sign(kms.caller, key, { payload: plaintext() })).jws;
    const foreign = (await kms.crypto.sign(kms.caller, other, { payload: plaintext() })).jws;
    const none = `${Buffer.from(JSON.stringify({ alg: 'none', kid: decodeProtectedHeader(mine).kid })).toString('base64url')}.e30.`;
    for (const jws of [foreign, none, `${mine}=`, `${mine}\n`, mine.slice(0, -1), '..', '', 'not a JWS']) {
      expect(await kms.crypto.verify(kms.caller, key, { jws })).toEqual({ valid: false });
    }
    await kms.materialKeys.rotate(kms.caller, key);
    expect(await kms.crypto.verify(kms.caller, key, { jws: mine })).toMatchObject({ valid: true });
    await kms.elasticKeys.change(kms.caller, key, { minDecryptionVersion: 2 });
    expect(await kms.crypto.verify(kms.caller, key, { jws: mine })).toEqual({ valid: false });
  });

  it('refuses each operation that is not of the use of the key', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const keys = {
      encrypt: await newKey(kms, 'A256GCM/A256KW'),
      wrap: await newKey(kms, 'A256KW'),
      sign: await newKey(kms, 'ES256'),
    };
    const bytes = plaintext();
    const attempts = [
      kms.crypto.sign(kms.caller, keys.encrypt, { payload: bytes }),
      kms.crypto.verify(kms.caller, keys.encrypt, { jws: 'x' }),
      kms.crypto.wrap(kms.caller, keys.encrypt, { key: bytes }),
      kms.crypto.unwrap(kms.caller, keys.encrypt, { jwe: 'x' }),
      kms.crypto.encrypt(kms.caller, keys.wrap, { plaintext: bytes }),
      kms.crypto.decrypt(kms.caller, keys.wrap, { jwe: 'x' }),
      kms.crypto.encrypt(kms.caller, keys.sign, { plaintext: bytes }),
      kms.crypto.decrypt(kms.caller, keys.sign, { jwe: 'x' }),
      kms.crypto.generate(kms.caller, keys.sign, { bits: 256 }),
      kms.crypto.rewrap(kms.caller, keys.sign, { jwe: 'x' }),
    ];
    for (const refusal of await refusalsOf(attempts)) expect(refusal).toMatchObject({ code: 'operation-not-allowed', status: 409 });
  });

  it('refuses an operation that was taken from the key, at once', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() });
    await kms.elasticKeys.change(kms.caller, key, { operations: ['decrypt'] });
    expect(await refusalOf(kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() }))).toMatchObject({
      code: 'operation-not-allowed',
    });
    expect(await kms.crypto.decrypt(kms.caller, key, { jwe })).toBeInstanceOf(Uint8Array);
  });

  it('refuses everything with a suspended key, at once, until it is active again', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, signing] = [await newKey(kms, 'A256GCM/A256KW'), await newKey(kms, 'EdDSA')];
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() });
    const { jws } = await kms.crypto.sign(kms.caller, signing, { payload: plaintext() });
    for (const elasticKeyId of [key, signing]) await kms.elasticKeys.change(kms.caller, elasticKeyId, { state: 'suspended' });
    const attempts = [
      kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() }),
      kms.crypto.decrypt(kms.caller, key, { jwe }),
      kms.crypto.rewrap(kms.caller, key, { jwe }),
      kms.crypto.generate(kms.caller, key, { bits: 128 }),
      kms.crypto.sign(kms.caller, signing, { payload: plaintext() }),
      kms.crypto.verify(kms.caller, signing, { jws }),
    ];
    for (const refusal of await refusalsOf(attempts)) expect(refusal).toMatchObject({ code: 'elastic-key-suspended', status: 409 });
    for (const elasticKeyId of [key, signing]) await kms.elasticKeys.change(kms.caller, elasticKeyId, { state: 'active' });
    expect(await kms.crypto.decrypt(kms.caller, key, { jwe })).toBeInstanceOf(Uint8Array);
    expect(await kms.crypto.verify(kms.caller, signing, { jws })).toMatchObject({ valid: true });
  });

  it('lets an expired key open and verify, but protect nothing more', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, signing] = [await newKey(kms, 'A256GCM/A256KW'), await newKey(kms, 'ES256')];
    const expiresAt = kms.clock.now + 1000;
    for (const elasticKeyId of [key, signing]) await kms.elasticKeys.change(kms.caller, elasticKeyId, { expiresAt });
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() });
    const { jws } = await kms.crypto.sign(kms.caller, signing, { payload: plaintext() });
    kms.clock.now = expiresAt;
    expect(await kms.crypto.decrypt(kms.caller, key, { jwe })).toBeInstanceOf(Uint8Array);
    expect(await kms.crypto.verify(kms.caller, signing, { jws })).toMatchObject({ valid: true });
    const attempts = [
      kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() }),
      kms.crypto.rewrap(kms.caller, key, { jwe }),
      kms.crypto.generate(kms.caller, key, { bits: 256 }),
      kms.crypto.sign(kms.caller, signing, { payload: plaintext() }),
    ];
    for (const refusal of await refusalsOf(attempts)) expect(refusal).toMatchObject({ code: 'elastic-key-expired', status: 409 });
  });

  it('finds no key of another tenant, neither by its id nor by its kid', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() });
    const missing = await refusalOf(kms.crypto.decrypt(kms.otherCaller, randomUUIDv7(), { jwe }));
    expect(missing).toMatchObject({ code: 'elastic-key-not-found', status: 404 });
    for (const refusal of await refusalsOf([
      kms.crypto.decrypt(kms.otherCaller, key, { jwe }),
      kms.crypto.encrypt(kms.otherCaller, key, { plaintext: plaintext() }),
    ])) {
      expect(refusal).toEqual(missing);
    }
    const { id: own } = await kms.make('A256GCM/A256KW', { caller: kms.otherCaller });
    expect(await refusalOf(kms.crypto.decrypt(kms.otherCaller, own, { jwe }))).toMatchObject({ code: 'decryption-failed' });
  });

  it('refuses a material key whose row was copied from another elastic key or tenant', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, other] = [await newKey(kms, 'A256GCM/A256KW'), await newKey(kms, 'A256GCM/A256KW')];
    const foreign = await kms.make('A256GCM/A256KW', { caller: kms.otherCaller });
    const wrappedOf = async (tenantId: string, elasticKeyId: string) => {
      const { db } = await kms.database(tenantId);
      return db.selectFrom('material_keys').selectAll().where('elastic_key_id', '=', elasticKeyId).executeTakeFirstOrThrow();
    };
    const copies = [await wrappedOf(kms.tenantId, other), await wrappedOf(kms.otherTenantId, foreign.id)];
    const { db } = await kms.database(kms.tenantId);
    const row = await wrappedOf(kms.tenantId, key);
    for (const { wrapped } of copies) {
      // With a right tag, so that the wrapping alone refuses it.
      const changed = kms.rows.of(kms.tenantId).next('material_keys', row, { wrapped });
      await writeTenantRow(db, kms.rows.of(kms.tenantId), 'material_keys', changed);
      expect(await refusalOf(kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() }))).toMatchObject({
        code: 'key-material-damaged',
      });
    }
  });

  it('does nothing while sealed, not even with keys that it used a moment ago', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() });
    kms.barrier.seal();
    const attempts = [
      kms.crypto.decrypt(kms.caller, key, { jwe }),
      kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() }),
      kms.crypto.decrypt(kms.caller, randomUUIDv7(), { jwe }),
    ];
    for (const refusal of await refusalsOf(attempts)) {
      expect(refusal).toMatchObject({ code: 'sealed', status: 503 });
    }
    await kms.barrier.unseal(kms.unsealKey);
    expect(await kms.crypto.decrypt(kms.caller, key, { jwe })).toBeInstanceOf(Uint8Array);
  });

  it('sees what another process changed once its lease has ended, whatever became of the time of day', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const { crypto, caller } = await kms.replica();
    await crypto.encrypt(caller, key, { plaintext: plaintext() });
    const { id } = await kms.materialKeys.rotate(kms.caller, key);
    kms.clock.elapsed += LEASE_MS;
    expect((await crypto.encrypt(caller, key, { plaintext: plaintext() })).materialKeyId).toBe(id);
    await kms.elasticKeys.change(kms.caller, key, { state: 'suspended' });
    kms.clock.elapsed += LEASE_MS;
    expect(await refusalOf(crypto.encrypt(caller, key, { plaintext: plaintext() }))).toMatchObject({ code: 'elastic-key-suspended' });
  });

  it('loses a dropped tenant at once', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await newKey(kms, 'A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, key, { plaintext: plaintext() });
    await kms.service.transaction((tx) => kms.barrier.dropTenantKey(tx, kms.tenantId));
    expect(await refusalOf(kms.crypto.decrypt(kms.caller, key, { jwe }))).toMatchObject({ code: 'key-material-damaged' });
  });
});
