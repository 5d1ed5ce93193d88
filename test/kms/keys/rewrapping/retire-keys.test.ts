import { decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { GRACE_MS } from '#kms/barrier/hierarchy/retire-intermediates.ts';
import { retireOlderKeys } from '#kms/keys/rewrapping/retire-keys.job.ts';
import { materialKeysStore } from '#kms/keys/material-keys/material-key.store.ts';
import { WRAPPED_TABLES, wrappedRowsStore } from '#kms/keys/rewrapping/wrapped-rows.store.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { cutOffAt } from '#test/kms/support/cut-off.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const never = new AbortController().signal;
const CONTEXT = 'retire-keys';

describe.each(databaseKinds())('The job that retires older keys, on %s,', (kind) => {
  const house = async () => {
    const databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256GCM/A256KW');
    const { jwe: ciphertext } = await kms.crypto.encrypt(kms.caller, key.id, { plaintext: Buffer.from('kept'), context: CONTEXT });
    return { databases, kms, key, ciphertext, [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose]() };
  };
  const handleOf = (kms: TestKms, database?: TenantHandle['database']): TenantHandle => ({
    ...kms.caller.tenant,
    ...(database && { database }),
    schemaName: '',
    state: 'active',
    demo: false,
  });
  const jobOf = (kms: TestKms, handle = handleOf(kms)) => {
    const { barrier, rows, clock } = kms;
    const tenants = { keptById: async (id: string) => (id === kms.tenantId ? handle : undefined) };
    return retireOlderKeys({ barrier, tenants, rows, locks: { tryLock: async () => null }, now: () => clock.now });
  };
  const wrappedIn = async (kms: TestKms) => {
    const { db } = await kms.database(kms.tenantId);
    return db.selectFrom('material_keys').select(['id', 'wrapped', 'row_revision']).orderBy('version').execute();
  };
  const decrypted = async ({ crypto }: Pick<TestKms, 'crypto'>, caller: TestKms['caller'], id: string, ciphertext: string) =>
    Buffer.from(await crypto.decrypt(caller, id, { jwe: ciphertext, context: CONTEXT })).toString();

  it('wraps everything of a tenant under its newest content key, once, and removes the older one after an hour', async () => {
    await using test = await house();
    const { kms, key, ciphertext } = test;
    await kms.materialKeys.rotate(kms.caller, key.id);
    await kms.barrier.rotation.rotateContentKey(kms.tenantId);
    const job = jobOf(kms);
    await job.run(never);
    expect(job.progress()).toMatchObject({ secretsRewrapped: 2 });
    const [newest] = (await kms.barrier.rotation.contentKeys()).filter(({ tenantId }) => tenantId === kms.tenantId);
    const after = await wrappedIn(kms);
    for (const { wrapped } of after) expect(decodeProtectedHeader(wrapped).kid).toBe(newest?.newest.id);
    await job.run(never);
    expect(await wrappedIn(kms)).toEqual(after);

    kms.clock.now += GRACE_MS - 1;
    await job.run(never);
    expect((await kms.barrier.rotation.state()).olderContentKeys).toBe(1);
    kms.clock.now += 1;
    await job.run(never);
    expect((await kms.barrier.rotation.state()).olderContentKeys).toBe(0);
    const replica = await kms.replica();
    expect(await decrypted(replica, replica.caller, key.id, ciphertext)).toBe('kept');
    kms.barrier.seal();
    await kms.barrier.unseal(kms.unsealKey);
    expect(await decrypted(kms, kms.caller, key.id, ciphertext)).toBe('kept');
  });

  it('takes what a request wrapped with the older key and wrote late, before it removes that key', async () => {
    await using test = await house();
    const { kms, key } = test;
    const [before] = await wrappedIn(kms);
    const late = await (
      await kms.barrier.wrap(
        {
          tenantId: kms.tenantId,
          elasticKeyId: key.id,
          materialKeyId: before?.id ?? '',
          version: 1,
          algorithm: 'A256GCM/A256KW',
          use: 'encrypt',
        },
        new Uint8Array(32).fill(1),
      )
    ).asVersion(1);
    await kms.barrier.rotation.rotateContentKey(kms.tenantId);
    const job = jobOf(kms);
    await job.run(never);
    const { db } = await kms.database(kms.tenantId);
    const rows = kms.rows.of(kms.tenantId);
    await rows.put('material_keys', db, async (tx) => {
      const [row] = await tx.selectFrom('material_keys').selectAll().execute();
      if (row === undefined) throw new Error('there is no row');
      const next = rows.next('material_keys', row, { wrapped: late });
      await tx.updateTable('material_keys').set(next).where('id', '=', row.id).execute();
      return [next];
    });
    kms.clock.now += GRACE_MS;
    await job.run(never);
    expect((await kms.barrier.rotation.state()).olderContentKeys).toBe(1);
    await job.run(never);
    expect((await kms.barrier.rotation.state()).olderContentKeys).toBe(0);
    const [now] = await wrappedIn(kms);
    expect(decodeProtectedHeader(now?.wrapped ?? '').kid).not.toBe(decodeProtectedHeader(late).kid);
  });

  it('brings no secret back that was destroyed while it was wrapped anew', async () => {
    await using test = await house();
    const { kms, key } = test;
    const { db } = await kms.database(kms.tenantId);
    const store = wrappedRowsStore(db, kms.rows.of(kms.tenantId), 'material_keys');
    const [read] = await store.after('', 10);
    if (read === undefined) throw new Error('there is no row');
    await materialKeysStore(db, kms.rows.of(kms.tenantId)).update(key.id, read.id, () => ({ wrapped: null, destroyedAt: 1 }));
    expect(await store.replace(read, read.wrapped)).toBe(false);
    expect(await store.after('', 10)).toEqual([]);
  });

  it('goes on where it was cut off, whatever the statement', async () => {
    await using test = await house();
    const { kms, key, ciphertext } = test;
    await kms.materialKeys.rotate(kms.caller, key.id);
    await kms.barrier.rotation.rotateContentKey(kms.tenantId);
    const database = await kms.database(kms.tenantId);
    let failed = 0;
    for (let statement = 1; ; statement += 1) {
      const job = jobOf(
        kms,
        handleOf(kms, async () => cutOffAt(database, statement)),
      );
      const outcome = await job.run(never).then(
        () => 'done',
        (error: Error) => error.message,
      );
      kms.barrier.forgetTenant(kms.tenantId);
      expect(await decrypted(kms, kms.caller, key.id, ciphertext)).toBe('kept');
      if (outcome === 'done') break;
      expect(outcome).toContain('cut off');
      failed += 1;
    }
    expect(failed).toBeGreaterThan(4);
  });

  it('keeps the key that a damaged secret or a tenant that nobody serves names, tells of it, and goes on for the others', async () => {
    await using test = await house();
    const { kms, key } = test;
    await kms.materialKeys.rotate(kms.caller, key.id);
    await kms.barrier.rotation.rotateContentKey(kms.tenantId);
    kms.clock.now += GRACE_MS;
    const nobody = retireOlderKeys({
      ...kms,
      tenants: { keptById: async () => undefined },
      locks: { tryLock: async () => null },
      now: () => kms.clock.now,
    });
    await nobody.run(never);
    expect((await kms.barrier.rotation.state()).olderContentKeys).toBe(1);
    const { db } = await kms.database(kms.tenantId);
    const [first] = await wrappedIn(kms);
    await db
      .updateTable('material_keys')
      .set({ wrapped: sql`wrapped || 'A'` })
      .where('id', '=', first?.id ?? '')
      .execute();
    const job = jobOf(kms);
    await expect(job.run(never)).rejects.toMatchObject({
      code: 'secrets-damaged',
      message: expect.stringContaining(kms.tenantId) as string,
    });
    expect(job.progress()).toMatchObject({ secretsRewrapped: 1 });
    expect((await kms.barrier.rotation.state()).olderContentKeys).toBe(1);
  });

  it('does nothing while the barrier is sealed', async () => {
    await using test = await house();
    await test.kms.barrier.rotation.rotateContentKey(test.kms.tenantId);
    const job = jobOf(test.kms);
    test.kms.barrier.seal();
    await job.run(never);
    expect(job.progress()).toEqual({ contentKeysRewrapped: 0, secretsRewrapped: 0 });
  });

  it('knows every table of a tenant with a secret', async () => {
    await using test = await house();
    const { db } = await test.kms.database(test.kms.tenantId);
    const tables = await db.introspection.getTables();
    // On PostgreSQL those of the service are seen, too.
    const ofTenant = tables.filter(({ name }) => name !== 'barrier_keys');
    const found = ofTenant.filter(({ columns }) => columns.some(({ name }) => name === 'wrapped')).map(({ name }) => name);
    expect([...new Set(found)].toSorted()).toEqual([...WRAPPED_TABLES].toSorted());
  });
});
