import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ElasticKey, ElasticKeySort } from '#kms/keys/elastic-keys/elastic-key.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { writeTenantRow } from '#test/support/written-rows.ts';

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const name = () => `key-${randomUUIDv7()}`;

describe.each(databaseKinds())('Elastic keys on %s', (kind) => {
  it('are made with a first material key and read back the same', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, materialKeys, caller, clock } = await testKms(databases);
    const input = { name: name(), description: 'for the test', algorithm: 'ES256', operations: ['verify', 'sign'] } as const;
    const key = await elasticKeys.create(caller, { ...input, expiresAt: clock.now + 1000 });
    expect(key).toEqual({
      id: key.id,
      name: input.name,
      nameTakenOver: false,
      description: 'for the test',
      labels: {},
      algorithm: 'ES256',
      use: 'sign',
      operations: ['sign', 'verify'],
      state: 'active',
      origin: 'kms',
      exportable: false,
      latestVersion: 1,
      minDecryptionVersion: 1,
      createdAt: clock.now,
      updatedAt: clock.now,
      expiresAt: clock.now + 1000,
      deletionDueAt: null,
      restoresTo: null,
      destroyedAt: null,
      versionChanges: 0,
      usage: { maxProtections: null, rotationAfterProtections: null, rotationPeriod: null },
      latestVersionAt: clock.now,
      nextRotationAt: null,
      revision: 1,
    });
    expect(key.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(await elasticKeys.read(caller, key.id)).toEqual(key);
    expect((await materialKeys.list(caller, key.id)).items).toMatchObject([{ version: 1, state: 'active', elasticKeyId: key.id }]);
  });

  it.each([
    ['A256GCM/A256KW', 'encrypt', ['encrypt', 'decrypt', 'rewrap', 'generate']],
    ['A256KW', 'wrap', ['wrap', 'unwrap', 'rewrap', 'generate']],
    ['ES256', 'sign', ['sign', 'verify']],
    ['ES384', 'sign', ['sign', 'verify']],
    ['EdDSA', 'sign', ['sign', 'verify']],
  ] as const)('have with %s the use %s, fixed by the algorithm', async (algorithm, use, operations) => {
    await using databases = await withDatabases(kind);
    const { make } = await testKms(databases);
    expect(await make(algorithm)).toMatchObject({ algorithm, use, operations });
  });

  it('refuse an operation that their algorithm cannot do', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, make } = await testKms(databases);
    const refusal = { code: 'operation-not-of-algorithm', status: 400, fields: [{ field: '/operations' }] };
    const create = elasticKeys.create(caller, { name: name(), algorithm: 'ES256', operations: ['encrypt'] });
    await expect(create).rejects.toMatchObject(refusal);
    const key = await make('A256KW');
    await expect(elasticKeys.change(caller, key.id, { operations: ['sign'] })).rejects.toMatchObject(refusal);
  });

  it('refuse a name that is taken, at creation and at change, and leave nothing behind', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, otherCaller, make } = await testKms(databases);
    const [first, second] = [await make('ES256'), await make('ES256')];
    const refusal = { code: 'elastic-key-name-taken', status: 409, fields: [{ field: '/name' }] };
    await expect(elasticKeys.create(caller, { name: first.name, algorithm: 'ES256' })).rejects.toMatchObject(refusal);
    await expect(elasticKeys.change(caller, second.id, { name: first.name, state: 'suspended' })).rejects.toMatchObject(refusal);
    expect(await elasticKeys.read(caller, second.id)).toEqual(second);
    expect((await elasticKeys.list(caller)).items).toHaveLength(2);
    expect(await elasticKeys.create(otherCaller, { name: first.name, algorithm: 'ES256' })).toMatchObject({ name: first.name });
  });

  it('give one name to one of twenty callers at once', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller } = await testKms(databases);
    const input = { name: name(), algorithm: 'A256KW' } as const;
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => elasticKeys.create(caller, input)));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect((await elasticKeys.list(caller, { name: input.name })).items).toHaveLength(1);
  });

  it('refuse an expiry that is past', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, clock } = await testKms(databases);
    const create = elasticKeys.create(caller, { name: name(), algorithm: 'ES256', expiresAt: clock.now });
    await expect(create).rejects.toMatchObject({ code: 'expiry-past', status: 400, fields: [{ field: '/expires_at' }] });
  });

  it('of another tenant are not found, the same as ones that never were', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, materialKeys, otherCaller, make } = await testKms(databases);
    const foreign = (await make('ES256')).id;
    const refusals = await Promise.all(
      [foreign, randomUUIDv7()].flatMap((id) => [
        elasticKeys.read(otherCaller, id).catch((error: Error) => error),
        elasticKeys.change(otherCaller, id, { state: 'suspended' }).catch((error: Error) => error),
        materialKeys.rotate(otherCaller, id).catch((error: Error) => error),
        materialKeys.list(otherCaller, id).catch((error: Error) => error),
        materialKeys.read(otherCaller, id, randomUUIDv7()).catch((error: Error) => error),
        materialKeys.jwks(otherCaller, id).catch((error: Error) => error),
      ]),
    );
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'elastic-key-not-found', status: 404 });
    expect(new Set(refusals.map((refusal) => (refusal as Error).message)).size).toBe(1);
    expect((await elasticKeys.list(otherCaller)).items).toEqual([]);
  });

  it('change all members that are given, or none', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, make, clock } = await testKms(databases);
    const key = await make('ES256');
    clock.now += 5000;
    const changes = { name: name(), description: 'changed', operations: ['verify'], expiresAt: clock.now + 1 } as const;
    const changed = await elasticKeys.change(caller, key.id, changes);
    expect(changed).toEqual({ ...key, ...changes, updatedAt: clock.now, revision: 2 });
    await expect(elasticKeys.change(caller, key.id, { description: 'never', minDecryptionVersion: 2 })).rejects.toMatchObject({
      code: 'min-decryption-version-invalid',
      status: 400,
    });
    expect(await elasticKeys.read(caller, key.id)).toEqual(changed);
    expect((await elasticKeys.change(caller, key.id, { expiresAt: null })).expiresAt).toBeNull();
  });

  it('list by filter', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, make, clock } = await testKms(databases);
    const [first, second] = [await make('ES256'), await make('EdDSA')];
    clock.now += 1;
    const third = await make('EdDSA');
    await elasticKeys.change(caller, third.id, { state: 'suspended' });
    const found = async (query: Parameters<typeof elasticKeys.list>[1]) =>
      (await elasticKeys.list(caller, query)).items.map((key) => key.id);
    expect(await found({ name: first.name })).toEqual([first.id]);
    expect(await found({ algorithm: 'EdDSA' })).toEqual([second.id, third.id]);
    expect(await found({ state: 'suspended' })).toEqual([third.id]);
    expect(await found({ algorithm: 'EdDSA', state: 'active' })).toEqual([second.id]);
    expect(await found({ name: name() })).toEqual([]);
  });

  it.each(['name', '-name', 'created_at', '-created_at'] as const)('list in pages by %s, each key once', async (sort) => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, clock } = await testKms(databases);
    const suffix = randomUUIDv7();
    const made: ElasticKey[] = [];
    // Upper case before lower case, and two keys of one moment: the order is the same on every database.
    for (const [index, prefix] of ['b', 'B', 'a', 'c', 'A'].entries()) {
      clock.now += index % 2;
      made.push(await elasticKeys.create(caller, { name: `${prefix}-${suffix}`, algorithm: 'A256KW' }));
    }
    const listed: ElasticKey[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await elasticKeys.list(caller, { sort, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      listed.push(...page.items);
      cursor = page.nextCursor ?? undefined;
      pages += 1;
    } while (cursor !== undefined);
    const place = (key: ElasticKey) => (sort.endsWith('name') ? key.name : `${key.createdAt} ${key.id}`);
    const expected = made.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
    expect(listed).toEqual(sort.startsWith('-') ? expected.toReversed() : expected);
    expect(pages).toBe(3);
  });

  it('refuse a cursor that is not of this list and order', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, make } = await testKms(databases);
    await make('A256KW');
    await make('A256KW');
    const { nextCursor } = await elasticKeys.list(caller, { sort: 'name', limit: 1 });
    const hostile: [ElasticKeySort, string][] = [
      ['-name', nextCursor ?? ''],
      ['created_at', nextCursor ?? ''],
      ['name', 'not a cursor'],
      ['name', 'AAAA'],
      ['name', encoded(['elastic-keys/name', 7, 'id'])],
      ['name', encoded(['elastic-keys/name', { $ne: 1 }, 'id'])],
      ['created_at', encoded(['elastic-keys/created_at', '1 or 1=1', 'id'])],
      ['name', encoded('elastic-keys/name')],
    ];
    for (const [sort, cursor] of hostile) {
      const refused = elasticKeys.list(caller, { sort, cursor });
      await expect(refused).rejects.toMatchObject({ code: 'cursor-invalid', status: 400, fields: [{ field: 'query/cursor' }] });
    }
  });

  it('are not served where a row holds a word that is none of ours', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, crypto, caller, tenantId, make, database, rows } = await testKms(databases);
    const { db } = await database(tenantId);
    for (const odd of [{ algorithm: 'none' }, { state: 'active ' }, { operations: '["encrypt","export"]' }]) {
      const { id } = await make('A256GCM/A256KW');
      const row = await db.selectFrom('elastic_keys').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      await writeTenantRow(db, rows.of(tenantId), 'elastic_keys', rows.of(tenantId).next('elastic_keys', row, odd));
      await expect(elasticKeys.read(caller, id)).rejects.toMatchObject({ code: 'internal-error', status: 500 });
      await expect(crypto.encrypt(caller, id, { plaintext: new Uint8Array(1) })).rejects.toMatchObject({ code: 'internal-error' });
    }
    const { id } = await make('ES256');
    const row = await db.selectFrom('material_keys').selectAll().where('elastic_key_id', '=', id).executeTakeFirstOrThrow();
    const retired = rows.of(tenantId).next('material_keys', row, { state: 'retired' });
    await writeTenantRow(db, rows.of(tenantId), 'material_keys', retired);
    await expect(crypto.sign(caller, id, { payload: new Uint8Array(1) })).rejects.toMatchObject({ code: 'internal-error', status: 500 });
  });

  it('answer nothing while the barrier is sealed', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, materialKeys, caller, make, barrier } = await testKms(databases);
    const key = await make('ES256');
    barrier.seal();
    const refused = [
      elasticKeys.create(caller, { name: name(), algorithm: 'ES256' }),
      elasticKeys.list(caller),
      elasticKeys.read(caller, key.id),
      elasticKeys.change(caller, key.id, { state: 'suspended' }),
      materialKeys.rotate(caller, key.id),
      materialKeys.list(caller, key.id),
      materialKeys.jwks(caller, key.id),
    ];
    for (const result of await Promise.allSettled(refused)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'sealed', status: 503 } });
    }
  });
});
