import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import type { KmsEvent } from '#kms/events.ts';
import type { Usage } from '#kms/keys/elastic-keys/usage.ts';
import { rotateDueKeys } from '#kms/keys/rotation/rotate-due-keys.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const DAY = 86_400_000;
const plaintext = new TextEncoder().encode('attack at dawn');

const world = (kms: TestKms, { databases }: TestDatabases, onEvent: (event: KmsEvent) => void = () => {}) => {
  const events: KmsEvent[] = [];
  const job = rotateDueKeys({
    materialKeys: kms.materialKeys,
    hints: kms.rotationHints,
    locks: databases,
    tenants: { kept: async () => [kms.caller.tenant, kms.otherCaller.tenant] },
    rows: kms.rows,
    emit: (event) => {
      events.push(event);
      onEvent(event);
    },
    now: () => kms.clock.now,
    elapsed: () => kms.clock.elapsed,
  });
  return { events, job, run: () => job.run(new AbortController().signal) };
};

const makeWith = ({ elasticKeys, caller }: TestKms, usage: Partial<Usage>, more: { readonly expiresAt?: number } = {}) =>
  elasticKeys.create(caller, { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW', usage, ...more });

const versionOf = async ({ elasticKeys, caller }: TestKms, id: string): Promise<number> =>
  (await elasticKeys.read(caller, id)).latestVersion;

describe.each(databaseKinds())('The rotation of keys by the service itself on %s', (kind) => {
  it('comes with their period, again and again, and tells of each', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { events, run } = world(kms, databases);
    const [key, other] = [await makeWith(kms, { rotationPeriod: DAY / 1_000 }), await kms.make('ES256')];
    kms.clock.now += DAY - 1;
    await run();
    expect(await versionOf(kms, key.id)).toBe(1);
    for (const version of [2, 3]) {
      kms.clock.now += DAY;
      kms.clock.elapsed += 60_000;
      await run();
      await run();
      expect(await kms.elasticKeys.read(kms.caller, key.id)).toMatchObject({
        latestVersion: version,
        minDecryptionVersion: 1,
        nextRotationAt: kms.clock.now + DAY,
      });
    }
    expect(await versionOf(kms, other.id)).toBe(1);
    const told = { type: 'key-rotated', tenantId: kms.tenantId, elasticKeyId: key.id, cause: 'period' };
    expect(events).toEqual([
      { ...told, version: 2 },
      { ...told, version: 3 },
    ]);
  });

  it('comes when the newest version has protected so often, and begins at once', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { events, job, run } = world(kms, databases);
    const clock = createManualClock('2031-01-01T00:00:00.000Z');
    await using jobs = createJobs({ log: { info: () => {}, error: () => {} }, clock });
    jobs.start(job);
    const key = await makeWith(kms, { maxProtections: 5, rotationAfterProtections: 3 });
    // The look at all is over, so that the next one is at the tenant that asks for it.
    await run();
    const encrypt = async () => (await kms.crypto.encrypt(kms.caller, key.id, { plaintext })).materialKeyId;
    const [first] = [await encrypt(), await encrypt()];
    await clock.advance(0);
    expect(events).toEqual([]);
    expect(await encrypt()).toBe(first);
    await clock.advance(0);
    await expect.poll(() => events).toMatchObject([{ type: 'key-rotated', elasticKeyId: key.id, version: 2, cause: 'protections' }]);
    expect(await encrypt()).not.toBe(first);
    expect((await kms.materialKeys.list(kms.caller, key.id)).items).toMatchObject([
      { version: 2, protections: 1 },
      { version: 1, protections: 3 },
    ]);
  });

  it('finds a version that protected so often while nobody listened', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await makeWith(kms, { rotationAfterProtections: 2 });
    const replica = await kms.replica();
    for (let times = 0; times < 2; times += 1) await replica.crypto.encrypt(replica.caller, key.id, { plaintext });
    const { run } = world(kms, databases);
    await run();
    expect(await versionOf(kms, key.id)).toBe(2);
  });

  it('leaves a key alone that is not active or has expired, and comes once it is active again', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { run } = world(kms, databases);
    const rotationPeriod = DAY / 1_000;
    const [suspended, deleted] = [await makeWith(kms, { rotationPeriod }), await makeWith(kms, { rotationPeriod })];
    const expired = await makeWith(kms, { rotationPeriod }, { expiresAt: kms.clock.now + DAY });
    await kms.elasticKeys.change(kms.caller, suspended.id, { state: 'suspended' });
    await kms.lifeCycle.scheduleDeletion(kms.caller, deleted.id);
    kms.clock.now += 2 * DAY;
    await run();
    for (const { id } of [suspended, deleted, expired]) expect(await versionOf(kms, id)).toBe(1);
    await kms.elasticKeys.change(kms.caller, suspended.id, { state: 'active' });
    kms.clock.elapsed += 60_000;
    await run();
    expect(await versionOf(kms, suspended.id)).toBe(2);
  });

  it('makes one version of a key, however many replicas look at once', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await makeWith(kms, { rotationPeriod: DAY / 1_000 });
    kms.clock.now += DAY;
    // Without their lock, as if it had been lost.
    await Promise.all([world(kms, databases).run(), world(kms, databases).run(), world(kms, databases).run()]);
    expect(await versionOf(kms, key.id)).toBe(2);
  });

  it('names a key that it cannot rotate, goes on with the others, and tries again after ten minutes', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { run } = world(kms, databases);
    const [damaged, whole] = [await makeWith(kms, { rotationPeriod: DAY / 1_000 }), await makeWith(kms, { rotationPeriod: DAY / 1_000 })];
    const { db } = await kms.database(kms.tenantId);
    const set = (description: string) => db.updateTable('elastic_keys').set({ description }).where('id', '=', damaged.id).execute();
    await set('not as the KMS wrote it');
    kms.clock.now += DAY;
    await expect(run()).rejects.toMatchObject({ code: 'rotation-failed', message: expect.stringContaining(damaged.id) });
    expect(await versionOf(kms, whole.id)).toBe(2);
    await set('');
    kms.clock.elapsed += 60_000;
    await expect(run()).rejects.toMatchObject({ code: 'rotation-failed' });
    kms.clock.elapsed += 600_000;
    await run();
    expect(await versionOf(kms, damaged.id)).toBe(2);
  });

  it('comes to the next tenant after eight keys of one, and first to one whose version is at its end', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { events, run } = world(kms, databases);
    const other = { ...kms, caller: kms.otherCaller };
    for (let made = 0; made < 18; made += 1) await makeWith(kms, { rotationPeriod: DAY / 1_000 });
    for (let made = 0; made < 2; made += 1) await makeWith(other, { rotationPeriod: DAY / 1_000 });
    kms.clock.now += DAY;
    await run();
    const [mine, others] = [kms.tenantId, kms.otherCaller.tenant.id];
    const order = (): readonly string[] => events.splice(0).map((event) => ('tenantId' in event ? (event.tenantId ?? '') : ''));
    expect(order()).toEqual([...Array(8).fill(mine), ...Array(2).fill(others), ...Array(10).fill(mine)]);

    kms.clock.now += DAY;
    kms.clock.elapsed += 60_000;
    kms.rotationHints.add(others);
    await run();
    expect(order()).toEqual([...Array(2).fill(others), ...Array(18).fill(mine)]);
  });

  it('leaves the rest to the next pass where one has lasted a minute, or another tenant has a version at its end', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { events, run } = world(kms, databases, (event) => {
      if (event.type === 'key-rotated' && event.cause === 'period') kms.rotationHints.add(kms.otherCaller.tenant.id);
    });
    for (let made = 0; made < 10; made += 1) await makeWith(kms, { rotationPeriod: DAY / 1_000 });
    kms.clock.now += DAY;
    await run();
    expect(events).toHaveLength(8);
    await run();
    expect(events).toHaveLength(10);
  });

  it('does nothing while the barrier is sealed', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { run, events } = world(kms, databases);
    await makeWith(kms, { rotationPeriod: DAY / 1_000 });
    kms.clock.now += DAY;
    kms.barrier.seal();
    await run();
    expect(events).toEqual([]);
  });
});
