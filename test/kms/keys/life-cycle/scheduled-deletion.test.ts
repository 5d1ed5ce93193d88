import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { hastyKms } from '#test/kms/support/hasty-kms.ts';
import { writeTenantRow } from '#test/support/written-rows.ts';

const DAY = 86_400_000;
const pending = { code: 'elastic-key-pending-deletion', status: 409 };

describe.each(databaseKinds())('An elastic key that is to be deleted, on %s,', (kind) => {
  it('does nothing, and is as it was when it is restored', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, elasticKeys, lifeCycle, materialKeys, caller, make, clock } = await hastyKms(databases);
    const key = await make('ES256');
    const { jws } = await crypto.sign(caller, key.id, { payload: randomBytes(8) });
    const deleted = await lifeCycle.scheduleDeletion(caller, key.id);
    expect(deleted).toEqual({
      ...key,
      revision: expect.any(Number),
      state: 'pending-deletion',
      restoresTo: 'active',
      deletionDueAt: clock.now + 7 * DAY,
    });
    expect(await elasticKeys.read(caller, key.id)).toEqual(deleted);
    expect(await materialKeys.jwks(caller, key.id)).toEqual({ keys: [] });
    await expect(crypto.sign(caller, key.id, { payload: randomBytes(8) })).rejects.toMatchObject(pending);
    await expect(crypto.verify(caller, key.id, { jws })).rejects.toMatchObject(pending);
    await expect(materialKeys.rotate(caller, key.id)).rejects.toMatchObject(pending);
    await expect(elasticKeys.change(caller, key.id, { state: 'active' })).rejects.toMatchObject(pending);
    await expect(elasticKeys.change(caller, key.id, { description: 'still there' })).rejects.toMatchObject(pending);

    expect(await lifeCycle.restore(caller, key.id)).toEqual({ ...key, revision: expect.any(Number) });
    expect(await crypto.verify(caller, key.id, { jws })).toMatchObject({ valid: true });
  });

  it('comes back suspended where it was suspended: a deletion is no way around that', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, lifeCycle, caller, make } = await hastyKms(databases);
    const { id } = await make('ES256');
    await elasticKeys.change(caller, id, { state: 'suspended' });
    await lifeCycle.scheduleDeletion(caller, id, { waitDays: 1 });
    expect((await lifeCycle.restore(caller, id)).state).toBe('suspended');
  });

  it('has the date of the last request, and restored twice is restored', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, lifeCycle, caller, make, clock } = await hastyKms(databases);
    const key = await make('ES256');
    await lifeCycle.scheduleDeletion(caller, key.id, { waitDays: 1 });
    const again = await lifeCycle.scheduleDeletion(caller, key.id, { waitDays: 365 });
    expect(again).toMatchObject({ state: 'pending-deletion', restoresTo: 'active', deletionDueAt: clock.now + 365 * DAY });
    expect(await lifeCycle.restore(caller, key.id)).toEqual({ ...key, revision: expect.any(Number) });
    expect(await lifeCycle.restore(caller, key.id)).toEqual({ ...key, revision: expect.any(Number) });
    expect(await elasticKeys.read(caller, key.id)).toEqual({ ...key, revision: expect.any(Number) });
  });

  it('may still have a version revoked', async () => {
    await using databases = await withDatabases(kind);
    const { lifeCycle, materialKeys, caller, make } = await hastyKms(databases);
    const { id } = await make('ES256');
    const kid = (await materialKeys.list(caller, id)).items[0]?.id ?? '';
    await lifeCycle.scheduleDeletion(caller, id);
    expect(await lifeCycle.revokeVersion(caller, id, kid, { reason: 'key-compromise' })).toMatchObject({ state: 'compromised' });
  });

  it('is deleted by nobody who writes to the database: such a row is refused', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, caller, tenantId, make, database } = await hastyKms(databases);
    const { id } = await make('ES256');
    const { db } = await database(tenantId);
    await db.updateTable('elastic_keys').set({ deletion_due_at: 1 }).where('id', '=', id).execute();
    await expect(elasticKeys.read(caller, id)).rejects.toMatchObject({ code: 'row-damaged', status: 503 });
  });

  it('that waits for its import does nothing, and cannot be made active by hand', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, elasticKeys, lifeCycle, materialKeys, caller, tenantId, make, database, rows } = await hastyKms(databases);
    const { id } = await make('ES256');
    const { db } = await database(tenantId);
    const row = await db.selectFrom('elastic_keys').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const of = rows.of(tenantId);
    await writeTenantRow(db, of, 'elastic_keys', of.next('elastic_keys', row, { state: 'pending-import' }));
    const waits = { code: 'elastic-key-pending-import', status: 409 };
    await expect(crypto.sign(caller, id, { payload: randomBytes(8) })).rejects.toMatchObject(waits);
    await expect(materialKeys.rotate(caller, id)).rejects.toMatchObject(waits);
    await expect(elasticKeys.change(caller, id, { state: 'active' })).rejects.toMatchObject(waits);
    expect(await elasticKeys.change(caller, id, { description: 'soon' })).toMatchObject({ description: 'soon' });
    await lifeCycle.scheduleDeletion(caller, id);
    expect((await lifeCycle.restore(caller, id)).state).toBe('pending-import');
  });
});

describe.each(databaseKinds())('A material key that is to be deleted, on %s,', (kind) => {
  it('does nothing, and protects again when it is restored as the newest', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, lifeCycle, materialKeys, caller, make, clock } = await hastyKms(databases);
    const { id } = await make('A256GCM/A256KW');
    const { jwe, materialKeyId: kid } = await crypto.encrypt(caller, id, { plaintext: randomBytes(8) });
    const before = await materialKeys.read(caller, id, kid);
    const deleted = await lifeCycle.scheduleDeletionOfVersion(caller, id, kid, { waitDays: 30 });
    expect(deleted).toEqual({ ...before, revision: expect.any(Number), state: 'pending-deletion', deletionDueAt: clock.now + 30 * DAY });
    await expect(crypto.encrypt(caller, id, { plaintext: randomBytes(8) })).rejects.toMatchObject({ code: 'no-version-protects' });
    await expect(crypto.decrypt(caller, id, { jwe })).rejects.toMatchObject({ code: 'no-version-processes' });
    await expect(lifeCycle.restoreVersion(caller, id, kid)).resolves.toEqual({ ...before, revision: expect.any(Number) });
    expect(await crypto.decrypt(caller, id, { jwe })).toHaveLength(8);
    expect((await crypto.encrypt(caller, id, { plaintext: randomBytes(8) })).materialKeyId).toBe(kid);
  });

  it('only processes when it is restored after a rotation, and is revoked again where it was revoked', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, lifeCycle, materialKeys, caller, make } = await hastyKms(databases);
    const { id } = await make('A256GCM/A256KW');
    const { jwe, materialKeyId: kid } = await crypto.encrypt(caller, id, { plaintext: randomBytes(8) });
    await lifeCycle.scheduleDeletionOfVersion(caller, id, kid);
    await materialKeys.rotate(caller, id);
    await expect(crypto.decrypt(caller, id, { jwe })).rejects.toMatchObject({ code: 'decryption-failed' });
    expect(await lifeCycle.restoreVersion(caller, id, kid)).toMatchObject({ state: 'deactivated', deletionDueAt: null });
    expect(await crypto.decrypt(caller, id, { jwe })).toHaveLength(8);

    await lifeCycle.scheduleDeletionOfVersion(caller, id, kid);
    expect(await lifeCycle.revokeVersion(caller, id, kid, { reason: 'superseded' })).toMatchObject({ state: 'pending-deletion' });
    expect(await lifeCycle.restoreVersion(caller, id, kid)).toMatchObject({ state: 'compromised', revocation: { reason: 'superseded' } });
    await expect(crypto.decrypt(caller, id, { jwe })).rejects.toMatchObject({ code: 'decryption-failed' });
  });

  it('is never active beside another version, however rotations and restorations come together', async () => {
    await using databases = await withDatabases(kind);
    const { lifeCycle, materialKeys, caller, make } = await hastyKms(databases);
    const { id } = await make('A256KW');
    const kid = (await materialKeys.list(caller, id)).items[0]?.id ?? '';
    await lifeCycle.scheduleDeletionOfVersion(caller, id, kid);
    const restored = lifeCycle.restoreVersion(caller, id, kid);
    await Promise.all([
      restored,
      ...Array.from({ length: 4 }, () => materialKeys.rotate(caller, id)),
      lifeCycle.restoreVersion(caller, id, kid),
    ]);
    const { items } = await materialKeys.list(caller, id);
    expect(items.map(({ state }) => state)).toEqual(['active', 'deactivated', 'deactivated', 'deactivated', 'deactivated']);
  });
});
