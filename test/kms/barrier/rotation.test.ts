import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Barrier, MaterialKeyAddress } from '#kms/barrier/barrier.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import { GRACE_MS } from '#kms/barrier/hierarchy/retire-intermediates.ts';
import { cutOffAt } from '#test/kms/support/cut-off.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { openService, type TestKms, testKms } from '#test/support/kms-keys.ts';

const SECRET = new Uint8Array(32).fill(7);
const never = new AbortController().signal;

const place = (tenantId: string): MaterialKeyAddress => ({
  tenantId,
  elasticKeyId: randomUUIDv7(),
  materialKeyId: randomUUIDv7(),
  version: 1,
  algorithm: 'A256KW',
  use: 'wrap',
});
const wrap = async (barrier: Barrier, where: MaterialKeyAddress): Promise<string> =>
  (await barrier.wrap(where, SECRET)).asVersion(where.version);

describe.each(databaseKinds())('Keys of the barrier that are rotated, on %s,', (kind) => {
  const house = async () => {
    const databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const where = place(kms.tenantId);
    const wrapped = await wrap(kms.barrier, where);
    return { databases, kms, where, wrapped, [Symbol.asyncDispose]: () => databases[Symbol.asyncDispose]() };
  };
  /** Another start with the same shares. */
  const start = async (
    { databases }: Pick<TestDatabases, 'databases'>,
    { service, unsealKey, clock }: TestKms,
    of = service,
  ): Promise<Barrier> => openBarrier({ databases, service: of, unsealKey, now: () => clock.now });
  const kidOf = (wrapped: string) => decodeProtectedHeader(wrapped).kid;

  it('at each level open what was wrapped before and wrap what comes, here, in replicas and after a restart', async () => {
    await using test = await house();
    const { databases, kms, where, wrapped } = test;
    const { barrier: replica } = await kms.replica();
    const before = await kms.barrier.rotation.state();
    const tag = kms.barrier.rowKey(kms.tenantId);
    const all: [MaterialKeyAddress, string][] = [[where, wrapped]];
    for (const level of ['intermediate', 'root', 'content', 'intermediate', 'root'] as const) {
      const { rotation } = kms.barrier;
      await (level === 'content' ? rotation.rotateContentKey(kms.tenantId) : rotation.rotate(level));
      for (const barrier of [kms.barrier, replica, await start(databases, kms)]) {
        const other = place(kms.tenantId);
        all.push([other, await wrap(barrier, other)]);
        for (const [at, text] of all) expect(await kms.barrier.unwrap(at, text)).toEqual(SECRET);
        for (const [at, text] of all) expect(await barrier.unwrap(at, text)).toEqual(SECRET);
        // A tag of a row that was right stays right.
        expect(barrier.rowKey(kms.tenantId).equals(tag)).toBe(true);
      }
    }
    const after = await replica.rotation.state();
    expect([after.root.version, after.intermediate.version]).toEqual([3, 3]);
    expect(after).toMatchObject({ olderIntermediates: 2, tenants: 2, olderContentKeys: 1 });
    expect([after.root.id, after.intermediate.id]).not.toEqual([before.root.id, before.intermediate.id]);
    const roots = await kms.service.db.selectFrom('barrier_keys').select('id').where('purpose', '=', 'root').execute();
    expect(roots).toEqual([{ id: after.root.id }]);
    await expect(
      openBarrier({ databases: databases.databases, service: kms.service, unsealKey: randomBytes(32), now: () => 0 }),
    ).rejects.toMatchObject({ code: 'unseal-failed' });
  });

  it('wrap from the moment on that the rotation is answered, in every replica, and tenants that are made then, too', async () => {
    await using test = await house();
    const { kms, where, wrapped } = test;
    const { barrier: replica } = await kms.replica();
    expect(kidOf(await wrap(replica, where))).toBe(kidOf(wrapped));
    await kms.barrier.rotation.rotateContentKey(kms.tenantId);
    expect(kidOf(await wrap(replica, where))).toBe(kidOf(await wrap(kms.barrier, where)));
    expect(kidOf(await wrap(replica, where))).not.toBe(kidOf(wrapped));

    await kms.barrier.rotation.rotate('intermediate');
    const { intermediate } = await kms.barrier.rotation.state();
    const tenantId = randomUUID();
    const service = await openService(await test.databases.reopen());
    await service.transaction((tx) => replica.createTenantKey(tx, tenantId));
    const made = await service.db.selectFrom('barrier_keys').select('wrapped').where('owner', '=', tenantId).executeTakeFirstOrThrow();
    expect(kidOf(made.wrapped)).toBe(intermediate.id);
  });

  it('are gone with all that they wrapped once nothing names them and an hour is over', async () => {
    await using test = await house();
    const { databases, kms, where, wrapped } = test;
    const { barrier } = kms;
    await barrier.rotation.rotate('intermediate');
    expect(await barrier.rotation.retireIntermediates(never)).toBe(2);
    kms.clock.now += GRACE_MS - 1;
    expect(await barrier.rotation.retireIntermediates(never)).toBe(0);
    expect((await barrier.rotation.state()).olderIntermediates).toBe(1);
    kms.clock.now += 1;
    await barrier.rotation.retireIntermediates(never);
    expect((await barrier.rotation.state()).olderIntermediates).toBe(0);
    expect(await (await start(databases, kms)).unwrap(where, wrapped)).toEqual(SECRET);
  });

  it.each(['root', 'intermediate', 'content', 'retire'] as const)(
    'leave a hierarchy that opens wherever a process ends in the middle: %s',
    async (act) => {
      await using test = await house();
      const { databases, kms, where, wrapped } = test;
      await kms.barrier.rotation.rotate('intermediate');
      await kms.barrier.rotation.rotateContentKey(kms.tenantId);
      kms.clock.now += GRACE_MS;
      const run = ({ rotation }: Barrier): Promise<unknown> => {
        if (act === 'content') return rotation.rotateContentKey(kms.tenantId);
        return act === 'retire' ? rotation.retireIntermediates(never) : rotation.rotate(act);
      };
      let failed = 0;
      for (let statement = 1; ; statement += 1) {
        const barrier = await start(databases, kms);
        const cut = cutOffAt(kms.service, statement);
        const outcome = await start(databases, kms, cut)
          .then(run)
          .then(
            () => 'done',
            (error: Error) => error.message,
          );
        for (const each of [barrier, await start(databases, kms)]) {
          expect(await each.unwrap(where, wrapped)).toEqual(SECRET);
          const other = place(kms.otherTenantId);
          expect(await each.unwrap(other, await wrap(each, other))).toEqual(SECRET);
          expect(each.rowKey(kms.tenantId).equals(kms.barrier.rowKey(kms.tenantId))).toBe(true);
        }
        if (outcome === 'done') break;
        expect(outcome).toBe('cut off');
        failed += 1;
      }
      expect(failed).toBeGreaterThan(2);
    },
  );

  it('at two levels by two processes at once: each rotation holds or is refused, and nothing is lost', async () => {
    await using test = await house();
    const { databases, kms, where, wrapped } = test;
    const { barrier: replica } = await kms.replica();
    for (let round = 0; round < 4; round += 1) {
      const outcomes = await Promise.allSettled([kms.barrier.rotation.rotate('root'), replica.rotation.rotate('intermediate')]);
      const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as { code: string }] : []));
      expect(refusals.filter(({ code }) => code !== 'barrier-changed')).toEqual([]);
      expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
      for (const barrier of [kms.barrier, replica, await start(databases, kms)])
        expect(await barrier.unwrap(where, wrapped)).toEqual(SECRET);
    }
  });

  it('say their version, so that no older key passes for the newest', async () => {
    await using test = await house();
    const { databases, kms } = test;
    const table = () => kms.service.db.selectFrom('barrier_keys').selectAll();
    const first = await table().where('purpose', '=', 'intermediate').executeTakeFirstOrThrow();
    await kms.barrier.rotation.rotate('intermediate');
    await kms.service.db.updateTable('barrier_keys').set({ version: 9 }).where('id', '=', first.id).execute();
    await expect(start(databases, kms)).rejects.toMatchObject({ code: 'barrier-damaged' });
    await kms.service.db.updateTable('barrier_keys').set({ version: 1 }).where('id', '=', first.id).execute();
    await kms.service.db.deleteFrom('barrier_keys').where('purpose', '=', 'rows').execute();
    await expect(start(databases, kms)).rejects.toMatchObject({ code: 'barrier-damaged' });
  });

  it('are not made while the barrier is sealed, nor for a tenant that is not there', async () => {
    await using test = await house();
    const { rotation } = test.kms.barrier;
    expect(await rotation.rotateContentKey(randomUUID())).toBe(false);
    const anew = await rotation.rewrapping(test.kms.tenantId);
    test.kms.barrier.seal();
    const sealed = { code: 'sealed', status: 503 };
    await expect(rotation.rotate('root')).rejects.toMatchObject(sealed);
    await expect(rotation.rotate('intermediate')).rejects.toMatchObject(sealed);
    await expect(rotation.rotateContentKey(test.kms.tenantId)).rejects.toMatchObject(sealed);
    await expect(rotation.retireIntermediates(never)).rejects.toMatchObject(sealed);
    await expect(rotation.state()).rejects.toMatchObject(sealed);
    await test.kms.barrier.unseal(test.kms.unsealKey);
    await expect(anew(test.wrapped)).rejects.toMatchObject(sealed);
  });
});
