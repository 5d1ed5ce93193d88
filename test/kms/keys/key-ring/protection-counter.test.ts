import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import type { AlgorithmName } from '#kms/jose/algorithms.ts';
import { createProtectionCounter } from '#kms/keys/key-ring/protection-counter.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { writeTenantRow } from '#test/support/written-rows.ts';

const bytes = () => new TextEncoder().encode(randomUUIDv7());

/** A key, and what its row says of its protections. */
const counted = async (kms: TestKms) => {
  const { id: elasticKeyId } = await kms.make('A256GCM/A256KW');
  const { db } = await kms.database(kms.tenantId);
  const row = () => db.selectFrom('material_keys').selectAll().where('elastic_key_id', '=', elasticKeyId).executeTakeFirstOrThrow();
  const { id } = await row();
  return {
    elasticKeyId,
    materialKeyId: id,
    reserved: async () => (await row()).protections_reserved,
    setReserved: async (value: number) => {
      const changed = kms.rows.of(kms.tenantId).next('material_keys', await row(), { protections_reserved: value });
      await writeTenantRow(db, kms.rows.of(kms.tenantId), 'material_keys', changed);
    },
  };
};

describe.each(databaseKinds())('The count of protections on %s', (kind) => {
  it('is on disk before the first protection, in blocks', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { elasticKeyId, reserved } = await counted(kms);
    expect(await reserved()).toBe(0);
    await kms.crypto.encrypt(kms.caller, elasticKeyId, { plaintext: bytes() });
    expect(await reserved()).toBe(1024);
    await kms.crypto.generate(kms.caller, elasticKeyId, { bits: 256 });
    expect(await reserved()).toBe(1024);
  });

  it.each<AlgorithmName>(['A256GCM/A256KW', 'A256GCM/A256GCMKW', 'A256GCM/dir', 'A256GCM/ECDH-ES+A256KW:X25519'])(
    'takes nothing of a key of %s for what it does not open',
    async (algorithm) => {
      await using databases = await withDatabases(kind);
      const kms = await testKms(databases);
      const { id } = await kms.make(algorithm);
      await kms.elasticKeys.change(kms.caller, id, { usage: { maxProtections: 1 } });
      const refused = async () => {
        const opening = kms.crypto.decrypt(kms.caller, id, { jwe: 'a.b.c.d.e' });
        await expect(opening).rejects.toMatchObject({ code: 'decryption-failed', status: 400 });
      };
      await refused();
      const { jwe } = await kms.crypto.encrypt(kms.caller, id, { plaintext: bytes() });
      await expect(kms.crypto.encrypt(kms.caller, id, { plaintext: bytes() })).rejects.toMatchObject({ code: 'protection-limit-reached' });
      await refused();
      expect(await kms.crypto.decrypt(kms.caller, id, { jwe })).toBeInstanceOf(Uint8Array);
    },
  );

  it('never falls below what many callers in two processes really did', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { materialKeyId, reserved } = await counted(kms);
    const counters = [1, 2].map(() => createProtectionCounter({ rows: kms.rows }));
    const count = { most: 1_024, rotateFrom: null };
    await Promise.all(Array.from({ length: 100 }, (_, index) => counters[index % 2]?.take(kms.caller.tenant, materialKeyId, count)));
    expect(await reserved()).toBe(2 * 56);
  });

  it('after a crash begins a new block: the rest of the old one is lost, not used twice', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { materialKeyId, reserved } = await counted(kms);
    const count = { most: 1_024, rotateFrom: null };
    await createProtectionCounter({ rows: kms.rows }).take(kms.caller.tenant, materialKeyId, count);
    await createProtectionCounter({ rows: kms.rows }).take(kms.caller.tenant, materialKeyId, count);
    expect(await reserved()).toBe(16);
  });

  it('ends exactly at the limit, with what is left of a block', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { materialKeyId, reserved } = await counted(kms);
    const counters = [1, 2].map(() => createProtectionCounter({ rows: kms.rows }));
    const count = { most: 257, rotateFrom: null };
    const takes = Array.from({ length: 300 }, (_, index) => counters[index % 2]?.take(kms.caller.tenant, materialKeyId, count));
    const results = await Promise.allSettled(takes);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThanOrEqual(256);
    expect(await reserved()).toBe(257);
    await expect(counters[0]?.take(kms.caller.tenant, materialKeyId, count)).rejects.toMatchObject({
      code: 'protection-limit-reached',
      status: 409,
    });
  });

  it('stops AES-GCM below 2^32, and a rotation gives a new version to go on with', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { elasticKeyId, setReserved } = await counted(kms);
    const { jwe } = await kms.crypto.encrypt(kms.caller, elasticKeyId, { plaintext: bytes() });
    await setReserved(2 ** 32 - 1);
    const { crypto, caller } = await kms.replica();
    const attempt = crypto.encrypt(caller, elasticKeyId, { plaintext: bytes() });
    await expect(attempt).rejects.toMatchObject({ code: 'protection-limit-reached', status: 409, fix: expect.stringContaining('Rotate') });
    expect(await crypto.decrypt(caller, elasticKeyId, { jwe })).toBeInstanceOf(Uint8Array);
    await kms.materialKeys.rotate(kms.caller, elasticKeyId);
    kms.clock.elapsed += LEASE_MS;
    expect(await crypto.encrypt(caller, elasticKeyId, { plaintext: bytes() })).toMatchObject({ jwe: expect.any(String) });
  });

  it('is not kept for signatures, which have no limit', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { id: elasticKeyId } = await kms.make('ES256');
    await kms.crypto.sign(kms.caller, elasticKeyId, { payload: bytes() });
    const { db } = await kms.database(kms.tenantId);
    const row = await db.selectFrom('material_keys').selectAll().executeTakeFirstOrThrow();
    expect(row.protections_reserved).toBe(0);
  });
});
