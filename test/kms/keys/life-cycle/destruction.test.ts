import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Job } from '#infra/jobs/job.ts';
import type { KmsEvent } from '#kms/events.ts';
import { destroyJob } from '#test/kms/support/destroy-job.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { hastyKms } from '#test/kms/support/hasty-kms.ts';
import type { TestKms } from '#test/support/kms-keys.ts';

const DAY = 86_400_000;
const never = new AbortController().signal;

const jobOf = (kms: TestKms, databases: TestDatabases, destruction = kms.destruction): Job =>
  destroyJob({ ...kms, destruction }, databases, [kms.caller, kms.otherCaller]);

describe.each(databaseKinds())('What is due, on %s,', (kind) => {
  it('is destroyed once its time has come, and not before: a record of the elastic key is left', async () => {
    await using databases = await withDatabases(kind);
    const kms = await hastyKms(databases);
    const { crypto, elasticKeys, lifeCycle, materialKeys, caller, clock } = kms;
    const key = await kms.make('ES256');
    const { jws, materialKeyId } = await crypto.sign(caller, key.id, { payload: randomBytes(8) });
    await materialKeys.rotate(caller, key.id);
    await lifeCycle.revokeVersion(caller, key.id, materialKeyId, { reason: 'superseded', comment: 'kept in the record' });
    await lifeCycle.scheduleDeletion(caller, key.id, { waitDays: 1 });
    const events: KmsEvent[] = [];
    const job = destroyJob(kms, databases, [caller], { events });
    clock.now += DAY - 1;
    await job.run(never);
    expect(await elasticKeys.read(caller, key.id)).toMatchObject({ state: 'pending-deletion' });
    clock.now += 1;
    await job.run(never);
    expect(events).toEqual([{ type: 'key-destroyed', tenantId: kms.tenantId, elasticKeyId: key.id, materialKeyId: null }]);

    const record = { state: 'destroyed', destroyedAt: clock.now, deletionDueAt: null, restoresTo: null };
    expect(await elasticKeys.read(caller, key.id)).toMatchObject({ ...record, name: `${key.name}:${key.id}`, latestVersion: 2 });
    const { items } = await materialKeys.list(caller, key.id);
    const destroyed = { state: 'destroyed', destroyedAt: clock.now, publicJwk: null };
    expect(items).toMatchObject([destroyed, { ...destroyed, revocation: { comment: 'kept in the record' } }]);
    const { db } = await kms.database(kms.tenantId);
    expect(await db.selectFrom('material_keys').select('wrapped').execute()).toEqual([{ wrapped: '' }, { wrapped: '' }]);

    const refusal = { code: 'elastic-key-destroyed', status: 409 };
    await expect(crypto.sign(caller, key.id, { payload: randomBytes(8) })).rejects.toMatchObject(refusal);
    await expect(crypto.verify(caller, key.id, { jws })).rejects.toMatchObject(refusal);
    await expect(materialKeys.rotate(caller, key.id)).rejects.toMatchObject(refusal);
    await expect(elasticKeys.change(caller, key.id, { description: 'x' })).rejects.toMatchObject(refusal);
    await expect(elasticKeys.change(caller, key.id, { state: 'active' })).rejects.toMatchObject(refusal);
    await expect(lifeCycle.restore(caller, key.id)).rejects.toMatchObject(refusal);
    await expect(lifeCycle.scheduleDeletion(caller, key.id)).rejects.toMatchObject(refusal);
    await expect(lifeCycle.restoreVersion(caller, key.id, materialKeyId)).rejects.toMatchObject(refusal);
    await expect(lifeCycle.revokeVersion(caller, key.id, materialKeyId, { reason: 'unspecified' })).rejects.toMatchObject(refusal);
    expect(await materialKeys.jwks(caller, key.id)).toEqual({ keys: [] });
  });

  it('gives the name of an elastic key back, and only then', async () => {
    await using databases = await withDatabases(kind);
    const kms = await hastyKms(databases);
    const { elasticKeys, lifeCycle, caller, clock } = kms;
    const { id, name } = await kms.make('ES256');
    await lifeCycle.scheduleDeletion(caller, name, { waitDays: 1 });
    const again = () => elasticKeys.create(caller, { name, algorithm: 'A256KW' });
    await expect(again()).rejects.toMatchObject({ code: 'elastic-key-name-taken' });
    clock.now += DAY;
    await jobOf(kms, databases).run(never);
    await expect(elasticKeys.read(caller, name)).rejects.toMatchObject({ code: 'elastic-key-not-found' });
    const next = await again();
    expect((await elasticKeys.read(caller, name)).id).toBe(next.id);
    expect((await elasticKeys.read(caller, id)).state).toBe('destroyed');
    expect((await elasticKeys.list(caller, { sort: 'name' })).items.map((key) => key.id)).toEqual([next.id, id]);
  });

  it('may be one version: the others go on, and it opens nothing any more', async () => {
    await using databases = await withDatabases(kind);
    const kms = await hastyKms(databases);
    const { crypto, lifeCycle, materialKeys, caller, clock } = kms;
    const { id } = await kms.make('A256GCM/A256KW');
    const old = await crypto.encrypt(caller, id, { plaintext: randomBytes(8) });
    await materialKeys.rotate(caller, id);
    const { jwe } = await crypto.encrypt(caller, id, { plaintext: randomBytes(8) });
    await lifeCycle.scheduleDeletionOfVersion(caller, id, old.materialKeyId, { waitDays: 2 });
    clock.now += 2 * DAY;
    await jobOf(kms, databases).run(never);
    const destroyed = { state: 'destroyed', destroyedAt: clock.now, deletionDueAt: null };
    expect(await materialKeys.read(caller, id, old.materialKeyId)).toMatchObject(destroyed);
    await expect(crypto.decrypt(caller, id, { jwe: old.jwe })).rejects.toMatchObject({ code: 'decryption-failed', status: 400 });
    expect(await crypto.decrypt(caller, id, { jwe })).toHaveLength(8);
    const refused = lifeCycle.restoreVersion(caller, id, old.materialKeyId);
    await expect(refused).rejects.toMatchObject({ code: 'material-key-destroyed', status: 409 });
  });

  it('is destroyed in turns: the next tenant after eight keys of one', async () => {
    await using databases = await withDatabases(kind);
    const kms = await hastyKms(databases);
    const { caller, otherCaller } = kms;
    for (const by of [...Array<typeof caller>(10).fill(caller), otherCaller]) {
      const { id } = await kms.make('ES256', { caller: by });
      await kms.lifeCycle.scheduleDeletion(by, id, { waitDays: 1 });
    }
    kms.clock.now += DAY;
    const events: KmsEvent[] = [];
    await destroyJob(kms, databases, [caller, otherCaller], { events }).run(never);
    const [mine, others] = [caller.tenant.id, otherCaller.tenant.id].map((tenantId) => ({ type: 'key-destroyed', tenantId }));
    expect(events).toMatchObject([...Array(8).fill(mine), others, mine, mine]);
  });

  it('is left alone where it was restored a moment ago', async () => {
    await using databases = await withDatabases(kind);
    const kms = await hastyKms(databases);
    const { elasticKeys, lifeCycle, caller, clock, destruction } = kms;
    const { id } = await kms.make('ES256');
    await lifeCycle.scheduleDeletion(caller, id, { waitDays: 1 });
    clock.now += DAY;
    const late = async (...of: Parameters<typeof destruction.elasticKey>) => {
      await lifeCycle.restore(caller, id);
      return destruction.elasticKey(...of);
    };
    await jobOf(kms, databases, { ...destruction, elasticKey: late }).run(never);
    expect(await elasticKeys.read(caller, id)).toMatchObject({ state: 'active' });
  });

  it('is destroyed for all tenants but the one whose row is not as the KMS wrote it, and the job says so', async () => {
    await using databases = await withDatabases(kind);
    const kms = await hastyKms(databases);
    const { elasticKeys, lifeCycle, caller, otherCaller, clock } = kms;
    const [mine, other] = [await kms.make('ES256'), await kms.make('ES256', { caller: otherCaller })];
    for (const [by, { id }] of [
      [caller, mine],
      [otherCaller, other],
    ] as const)
      await lifeCycle.scheduleDeletion(by, id, { waitDays: 365 });
    // Whoever writes to the database would have it destroyed a year too early.
    const { db } = await kms.database(kms.tenantId);
    await db.updateTable('elastic_keys').set({ deletion_due_at: 1 }).execute();
    clock.now += 365 * DAY - 1;
    const early = await jobOf(kms, databases)
      .run(never)
      .catch((error: unknown) => error);
    expect(early).toMatchObject({
      code: 'keys-not-destroyed',
      status: 503,
      message: expect.stringContaining(`elastic key ${mine.id} of tenant ${kms.tenantId}: The row ${mine.id} of elastic_keys is not as`),
    });
    expect((await elasticKeys.read(otherCaller, other.id)).state).toBe('pending-deletion');
    clock.now += 1;
    await expect(jobOf(kms, databases).run(never)).rejects.toMatchObject({ code: 'keys-not-destroyed' });
    expect((await elasticKeys.read(otherCaller, other.id)).state).toBe('destroyed');
    expect(await db.selectFrom('material_keys').select('wrapped').where('wrapped', '=', '').execute()).toEqual([]);
  });

  it('waits while the barrier is sealed', async () => {
    await using databases = await withDatabases(kind);
    const kms = await hastyKms(databases);
    const { id } = await kms.make('ES256');
    await kms.lifeCycle.scheduleDeletion(kms.caller, id);
    kms.clock.now += 8 * DAY;
    kms.barrier.seal();
    await jobOf(kms, databases).run(never);
    const { db } = await kms.database(kms.tenantId);
    expect(await db.selectFrom('elastic_keys').select('state').execute()).toEqual([{ state: 'pending-deletion' }]);
  });
});
