import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Barrier, MaterialKeyAddress } from '#kms/barrier/barrier.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import { newSchemaName } from '#kms/database/schema-name.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { wrapWithoutUse } from '#test/kms/support/untagged-rows.ts';
import { openService, testKms } from '#test/support/kms-keys.ts';

const binding = (tenantId: string): MaterialKeyAddress => ({
  tenantId,
  elasticKeyId: randomUUIDv7(),
  materialKeyId: randomUUIDv7(),
  version: 1,
  algorithm: 'A256KW',
  use: 'wrap',
});
const wrap = async (barrier: Barrier, where: MaterialKeyAddress, plaintext: Uint8Array): Promise<string> =>
  (await barrier.wrap(where, plaintext)).asVersion(where.version);
const key = () => new Uint8Array(randomBytes(32));
const now = () => Date.UTC(2031, 0, 1);

describe.each(databaseKinds())('The barrier on %s', (kind) => {
  it('opens what it wrapped, also in another process with the same shares', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { barrier: other } = await kms.replica();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 4096 }), async (plaintext) => {
        const where = binding(kms.tenantId);
        const wrapped = await wrap(kms.barrier, where, plaintext);
        expect(await kms.barrier.unwrap(where, wrapped)).toEqual(plaintext);
        expect(await other.unwrap(where, wrapped)).toEqual(plaintext);
      }),
      { numRuns: 20 },
    );
  });

  it('names the content key and the binding in the header of a compact JWE', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = binding(kms.tenantId);
    const wrapped = await wrap(kms.barrier, where, key());
    const content = await kms.service.db
      .selectFrom('barrier_keys')
      .selectAll()
      .where('purpose', '=', 'content')
      .where('owner', '=', kms.tenantId)
      .executeTakeFirstOrThrow();
    expect(wrapped.split('.')).toHaveLength(5);
    expect(decodeProtectedHeader(wrapped)).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      typ: 'passthru-barrier+jwe',
      kid: content.id,
      purpose: 'material',
      tenant_id: where.tenantId,
      elastic_key_id: where.elasticKeyId,
      material_key_id: where.materialKeyId,
      version: 1,
      algorithm: 'A256KW',
      use: 'wrap',
    });
  });

  it('refuses a ciphertext that was copied to another tenant, elastic key or version, or is said to be for something else', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = binding(kms.tenantId);
    const wrapped = await wrap(kms.barrier, where, key());
    const elsewhere = [
      { ...where, tenantId: kms.otherTenantId },
      { ...where, elasticKeyId: randomUUIDv7() },
      { ...where, materialKeyId: randomUUIDv7() },
      { ...where, version: 2 },
      { ...where, algorithm: 'A256GCM/A256KW' },
      { ...where, use: 'encrypt' },
    ];
    for (const other of elsewhere) {
      await expect(kms.barrier.unwrap(other, wrapped)).rejects.toMatchObject({ code: 'key-material-damaged', status: 500 });
    }
  });

  it('wraps again for a version that another was faster to get', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = binding(kms.tenantId);
    const plaintext = key();
    const third = await (await kms.barrier.wrap(where, plaintext)).asVersion(3);
    expect(await kms.barrier.unwrap({ ...where, version: 3 }, third)).toEqual(plaintext);
    await expect(kms.barrier.unwrap(where, third)).rejects.toMatchObject({ code: 'key-material-damaged' });
  });

  it('opens a ciphertext from before version, algorithm and use were bound', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { service, tenantId } = kms;
    const where = binding(tenantId);
    const old = await wrapWithoutUse({ service, unsealKey: kms.unsealKey }, where, new Uint8Array(32).fill(7));
    expect(decodeProtectedHeader(old)).not.toHaveProperty('version');
    expect(await kms.barrier.unwrap(where, old)).toEqual(new Uint8Array(32).fill(7));
    await expect(kms.barrier.unwrap({ ...where, elasticKeyId: randomUUIDv7() }, old)).rejects.toMatchObject({
      code: 'key-material-damaged',
    });
  });

  it('refuses a ciphertext with any character changed', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = binding(kms.tenantId);
    const wrapped = await wrap(kms.barrier, where, key());
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const [index, character] of [...wrapped].entries()) {
      // The next character of the alphabet: in a last character that is a stray bit.
      const other = alphabet[(alphabet.indexOf(character) + 1) % alphabet.length] ?? 'A';
      const changed = wrapped.slice(0, index) + other + wrapped.slice(index + 1);
      const opened = await kms.barrier.unwrap(where, changed).then(
        () => 'opened',
        (error: { code: string }) => error.code,
      );
      expect(opened, `character ${index}`).toBe('key-material-damaged');
    }
  });

  it('holds nothing that opens without the shares: no row contains a key', async () => {
    await using databases = await withDatabases(kind);
    const made: Uint8Array[] = [];
    const random = (bytes: number) => {
      const value = new Uint8Array(randomBytes(bytes));
      made.push(Uint8Array.from(value));
      return value;
    };
    const service = await openService(databases.databases);
    const barrier = await openBarrier({ databases: databases.databases, service, unsealKey: key(), now, random });
    await service.transaction((tx) => barrier.createTenantKey(tx, randomUUID()));
    const rows = await service.db.selectFrom('barrier_keys').selectAll().execute();
    expect(made).toHaveLength(3);
    expect(rows.map((row) => row.purpose).toSorted()).toEqual(['content', 'intermediate', 'root']);
    const dump = JSON.stringify(rows);
    for (const secret of made) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) expect(dump).not.toContain(Buffer.from(secret).toString(encoding));
    }
  });

  it('refuses wrong shares with a fix, and keeps the hierarchy that is there', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = binding(kms.tenantId);
    const wrapped = await wrap(kms.barrier, where, key());
    const failure = { code: 'unseal-failed', status: 503, fix: expect.stringContaining('unseal shares') };
    await expect(openBarrier({ databases: databases.databases, service: kms.service, unsealKey: key(), now })).rejects.toMatchObject(
      failure,
    );
    await expect(
      openBarrier({ databases: databases.databases, service: kms.service, unsealKey: key().subarray(1), now }),
    ).rejects.toMatchObject(failure);
    const { barrier } = await kms.replica();
    expect(await barrier.unwrap(where, wrapped)).toHaveLength(32);
  });

  it('stays sealed without shares, until it is unsealed with the right ones', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = binding(kms.tenantId);
    const wrapped = await wrap(kms.barrier, where, key());
    const barrier = await openBarrier({ databases: databases.databases, service: kms.service, unsealKey: null, now });
    const sealed = { code: 'sealed', status: 503 };
    expect(barrier.state()).toBe('sealed');
    await expect(barrier.unwrap(where, wrapped)).rejects.toMatchObject(sealed);
    await expect(wrap(barrier, where, key())).rejects.toMatchObject(sealed);
    await expect(kms.service.transaction((tx) => barrier.createTenantKey(tx, randomUUID()))).rejects.toMatchObject(sealed);
    await expect(barrier.unseal(key())).rejects.toMatchObject({ code: 'unseal-failed' });
    expect(barrier.state()).toBe('sealed');
    await barrier.unseal(kms.unsealKey);
    expect(barrier.state()).toBe('unsealed');
    expect(await barrier.unwrap(where, wrapped)).toHaveLength(32);
  });

  it('forgets at seal, tells its listeners, and what was under way ends as sealed', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = binding(kms.tenantId);
    const wrapped = await wrap(kms.barrier, where, key());
    const forgotten: (string | null)[] = [];
    kms.barrier.onForget((tenantId) => forgotten.push(tenantId));
    const underWay = kms.barrier.unwrap(where, wrapped);
    kms.barrier.seal();
    await expect(underWay).rejects.toMatchObject({ code: 'sealed' });
    await expect(kms.barrier.unwrap(where, wrapped)).rejects.toMatchObject({ code: 'sealed' });
    expect(forgotten).toEqual([null]);
    await kms.barrier.unseal(kms.unsealKey);
    expect(await kms.barrier.unwrap(where, wrapped)).toHaveLength(32);
  });

  it('agrees on one root when replicas start at once', async () => {
    await using databases = await withDatabases(kind);
    const unsealKey = key();
    const replicas = [databases.databases, ...(await Promise.all(Array.from({ length: 5 }, () => databases.reopen())))];
    const barriers = await Promise.all(
      replicas.map(async (replica) => openBarrier({ databases: replica, service: await openService(replica), unsealKey, now })),
    );
    const service = await openService(databases.databases);
    const rows = await service.db.selectFrom('barrier_keys').select('purpose').execute();
    expect(rows.map((row) => row.purpose).toSorted()).toEqual(['intermediate', 'root']);
    const [first, ...others] = barriers;
    const where = binding(randomUUID());
    await service.transaction((tx) => first?.createTenantKey(tx, where.tenantId) ?? Promise.reject(new Error('no barrier')));
    const wrapped = first && (await wrap(first, where, new Uint8Array(32)));
    for (const barrier of others) expect(await barrier.unwrap(where, wrapped ?? '')).toEqual(new Uint8Array(32));
  });

  it('makes no root beside databases of tenants, but takes one that another replica made a moment ago', async () => {
    await using databases = await withDatabases(kind);
    const unsealKey = key();
    const replica = databases.databases;
    const service = await openService(replica);
    const names = async () => [newSchemaName(), 'service'];
    const opening = openBarrier({ databases: { names }, service, unsealKey, now });
    await expect(opening).rejects.toMatchObject({ code: 'service-database-lost', status: 503 });
    expect(await service.db.selectFrom('barrier_keys').selectAll().execute()).toEqual([]);
    const namesLate = async () => {
      await openBarrier({ databases: replica, service, unsealKey, now });
      return names();
    };
    const barrier = await openBarrier({ databases: { names: namesLate }, service, unsealKey, now });
    expect(barrier.state()).toBe('unsealed');
  });

  it('makes a content key in the transaction of its caller: rolled back, it never was', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const tenantId = randomUUID();
    const failing = kms.service.transaction(async (tx) => {
      await kms.barrier.createTenantKey(tx, tenantId);
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    await expect(wrap(kms.barrier, binding(tenantId), key())).rejects.toMatchObject({ code: 'tenant-key-missing' });
    await kms.service.transaction((tx) => kms.barrier.createTenantKey(tx, tenantId));
    expect(await wrap(kms.barrier, binding(tenantId), key())).toContain('.');
  });

  it('shreds a tenant with its content key and leaves the others', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [mine, other] = [binding(kms.tenantId), binding(kms.otherTenantId)];
    const [wrapped, otherWrapped] = [await wrap(kms.barrier, mine, key()), await wrap(kms.barrier, other, key())];
    await kms.service.transaction((tx) => kms.barrier.dropTenantKey(tx, kms.tenantId));
    await expect(kms.barrier.unwrap(mine, wrapped)).rejects.toMatchObject({ code: 'key-material-damaged' });
    expect(await kms.barrier.unwrap(other, otherWrapped)).toHaveLength(32);
    kms.barrier.seal();
    await kms.service.transaction((tx) => kms.barrier.dropTenantKey(tx, kms.otherTenantId));
    await kms.barrier.unseal(kms.unsealKey);
    await expect(kms.barrier.unwrap(other, otherWrapped)).rejects.toMatchObject({ code: 'key-material-damaged' });
  });

  it.each(['root', 'intermediate'] as const)('refuses to start on a %s that was changed', async (purpose) => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const row = await kms.service.db.selectFrom('barrier_keys').selectAll().where('purpose', '=', purpose).executeTakeFirstOrThrow();
    const wrapped = `${row.wrapped.slice(0, -22)}${'A'.repeat(22)}`;
    await kms.service.db.updateTable('barrier_keys').set({ wrapped }).where('id', '=', row.id).execute();
    await expect(kms.replica()).rejects.toMatchObject({ code: 'barrier-damaged', status: 500 });
  });

  it('refuses a content key that was copied from another tenant', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const contentOf = (tenantId: string) =>
      kms.service.db
        .selectFrom('barrier_keys')
        .selectAll()
        .where('purpose', '=', 'content')
        .where('owner', '=', tenantId)
        .executeTakeFirstOrThrow();
    const other = await contentOf(kms.otherTenantId);
    const mine = await contentOf(kms.tenantId);
    await kms.service.db.updateTable('barrier_keys').set({ wrapped: other.wrapped }).where('id', '=', mine.id).execute();
    await expect(wrap(kms.barrier, binding(kms.tenantId), key())).rejects.toMatchObject({ code: 'barrier-damaged' });
  });
});
