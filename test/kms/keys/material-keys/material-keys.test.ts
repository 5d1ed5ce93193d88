import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { insufficientScope } from '#test/support/kms-caller.ts';
import { testKms } from '#test/support/kms-keys.ts';

describe.each(databaseKinds())('Material keys on %s', (kind) => {
  it('rotate: the newest is active, the one before is deactivated', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, materialKeys, caller, make, clock } = await testKms(databases);
    const key = await make('ES256');
    clock.now += 1000;
    const second = await materialKeys.rotate(caller, key.id);
    expect(second).toMatchObject({ version: 2, state: 'active', elasticKeyId: key.id, createdAt: clock.now, deactivatedAt: null });
    const { items } = await materialKeys.list(caller, key.id);
    expect(items).toMatchObject([
      { id: second.id, version: 2, state: 'active' },
      { version: 1, state: 'deactivated', deactivatedAt: clock.now },
    ]);
    expect(await materialKeys.read(caller, key.id, second.id)).toEqual(second);
    expect(await elasticKeys.read(caller, key.id)).toMatchObject({ latestVersion: 2, updatedAt: clock.now });
  });

  it('rotated twenty times at once get twenty versions, one of them active', async () => {
    await using databases = await withDatabases(kind);
    const { materialKeys, caller, make } = await testKms(databases);
    const key = await make('A256KW');
    const made = await Promise.all(Array.from({ length: 20 }, () => materialKeys.rotate(caller, key.id)));
    expect(made.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
    const { items } = await materialKeys.list(caller, key.id, { limit: 100 });
    expect(items.map(({ version }) => version)).toEqual(Array.from({ length: 21 }, (_, index) => 21 - index));
    expect(items.filter(({ state }) => state === 'active')).toMatchObject([{ version: 21 }]);
  });

  it('do not rotate while their elastic key is suspended or once it has expired', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, materialKeys, caller, make, clock } = await testKms(databases);
    const key = await make('A256KW');
    await elasticKeys.change(caller, key.id, { state: 'suspended' });
    await expect(materialKeys.rotate(caller, key.id)).rejects.toMatchObject({ code: 'elastic-key-suspended', status: 409 });
    await elasticKeys.change(caller, key.id, { state: 'active', expiresAt: clock.now + 10 });
    clock.now += 10;
    await expect(materialKeys.rotate(caller, key.id)).rejects.toMatchObject({ code: 'elastic-key-expired', status: 409 });
    expect((await materialKeys.list(caller, key.id)).items).toHaveLength(1);
  });

  it('list in pages, newest first', async () => {
    await using databases = await withDatabases(kind);
    const { materialKeys, caller, make } = await testKms(databases);
    const key = await make('A256KW');
    for (let version = 2; version <= 5; version += 1) await materialKeys.rotate(caller, key.id);
    const first = await materialKeys.list(caller, key.id, { limit: 3 });
    const second = await materialKeys.list(caller, key.id, { limit: 3, cursor: first.nextCursor ?? '' });
    expect([first, second].map(({ items }) => items.map(({ version }) => version))).toEqual([
      [5, 4, 3],
      [2, 1],
    ]);
    expect(second.nextCursor).toBeNull();
    const other = await make('A256KW');
    await expect(materialKeys.list(caller, other.id, { cursor: first.nextCursor ?? '' })).rejects.toMatchObject({
      code: 'cursor-invalid',
    });
  });

  it('of another elastic key are not found', async () => {
    await using databases = await withDatabases(kind);
    const { materialKeys, caller, make } = await testKms(databases);
    const [mine, other] = [await make('ES256'), await make('ES256')];
    const [version] = (await materialKeys.list(caller, other.id)).items;
    for (const id of [version?.id ?? '', randomUUIDv7()]) {
      const refused = materialKeys.read(caller, mine.id, id);
      await expect(refused).rejects.toMatchObject({ code: 'material-key-not-found', status: 404 });
    }
  });

  it('show the public part of a pair and nothing of a symmetric key', async () => {
    await using databases = await withDatabases(kind);
    const { materialKeys, caller, make } = await testKms(databases);
    const shown = async (algorithm: Parameters<typeof make>[0]) => (await materialKeys.list(caller, (await make(algorithm)).id)).items[0];
    const [ec, okp, oct] = [await shown('ES256'), await shown('EdDSA'), await shown('A256GCM/A256KW')];
    expect(Object.keys(ec?.publicJwk ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(ec?.publicJwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: ec?.id });
    expect(Object.keys(okp?.publicJwk ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(okp?.publicJwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', kid: okp?.id });
    expect(oct?.publicJwk).toBeNull();
  });

  it('are in the JWK Set as long as they verify', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, materialKeys, caller, make } = await testKms(databases);
    const key = await make('EdDSA');
    const second = await materialKeys.rotate(caller, key.id);
    const kids = async () => (await materialKeys.jwks(caller, key.id)).keys.map(({ kid }) => kid);
    expect(await kids()).toHaveLength(2);
    await elasticKeys.change(caller, key.id, { minDecryptionVersion: 2 });
    expect(await kids()).toEqual([second.id]);
    await elasticKeys.change(caller, key.id, { state: 'suspended' });
    expect(await kids()).toEqual([]);
    expect((await materialKeys.jwks(caller, (await make('A256KW')).id)).keys).toEqual([]);
  });

  it('are unwrapped for a JWK Set in small groups, and not at all when they are symmetric', async () => {
    await using databases = await withDatabases(kind);
    const { barrier, rows, clock, materialKeys, caller, make } = await testKms(databases);
    const load = { running: 0, most: 0, all: 0 };
    const unwrap: Barrier['unwrap'] = async (...of) => {
      load.running += 1;
      load.most = Math.max(load.most, load.running);
      load.all += 1;
      return barrier.unwrap(...of).finally(() => (load.running -= 1));
    };
    // With no key in memory.
    const { materialKeys: cold } = createKeys({ barrier: { ...barrier, unwrap }, rows, insufficientScope, now: () => clock.now });
    const [symmetric, pair] = [await make('A256KW'), await make('ES256')];
    for (let version = 2; version <= 3; version += 1) await materialKeys.rotate(caller, symmetric.id);
    expect(await cold.jwks(caller, symmetric.id)).toEqual({ keys: [] });
    expect(load.all).toBe(0);
    await Promise.all(Array.from({ length: 33 }, () => materialKeys.rotate(caller, pair.id)));
    const kids = (await materialKeys.list(caller, pair.id, { limit: 100 })).items.map(({ id }) => id);
    expect((await cold.jwks(caller, pair.id)).keys.map(({ kid }) => kid)).toEqual(kids);
    expect(load).toEqual({ running: 0, most: 16, all: 34 });
  });

  it('have nothing secret in their rows', async () => {
    await using databases = await withDatabases(kind);
    const { tenantId, make, database, barrier } = await testKms(databases);
    const key = await make('A256KW');
    const row = await (await database(tenantId)).db.selectFrom('material_keys').selectAll().executeTakeFirstOrThrow();
    const place = { tenantId, elasticKeyId: key.id, materialKeyId: row.id, version: 1, algorithm: key.algorithm, use: key.use };
    const secret = await barrier.unwrap(place, row.wrapped);
    expect(secret).toHaveLength(32);
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      expect(JSON.stringify(row)).not.toContain(Buffer.from(secret).toString(encoding));
    }
  });
});
