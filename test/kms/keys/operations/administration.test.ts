import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Act, Action, Administered, Administering } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import { createIdempotency, REMEMBERED_MS } from '#kms/idempotency/create-idempotency.ts';
import { forgetServiceIdempotencyKeys } from '#kms/idempotency/forget-keys.ts';
import { withLedger } from '#kms/integrity/with-ledger.ts';
import { createKeyRing } from '#kms/keys/key-ring/create-key-ring.ts';
import { createDoor } from '#kms/keys/operations/operate.ts';
import { newIdempotencyKey, withKey } from '#test/kms/support/keyed-caller.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { insufficientScope, testCaller } from '#test/support/kms-caller.ts';
import { openService, type TestKms, testKms } from '#test/support/kms-keys.ts';

const NOTE = { name: 'test.note', scope: 'kms:tenants:write', mode: 'administer' } as const satisfies Action;

/** A row of the service that nothing else reads, once a transaction may write it. */
const noteOf = (name: string) => async (): Promise<Administered<{ readonly note: string }>> => ({
  object: { kind: 'realm-user', id: name },
  write: async (tx) => {
    await tx.insertInto('kms_databases_to_drop').values({ schema_name: name }).execute();
    return { note: name };
  },
});

describe.each(databaseKinds())('An act that administers on %s', (kind) => {
  let databases: TestDatabases;
  let kms: TestKms;
  beforeAll(async () => {
    databases = await withDatabases(kind);
    kms = await testKms(databases);
  });
  afterAll(() => databases?.[Symbol.asyncDispose]());

  const setup = async (limit = 100) => {
    const id = await kms.addTenant();
    const caller = testCaller({ id, name: `tenant-${id}`, database: () => kms.database(id) });
    const acts: Act[] = [];
    const world = { effects: 0, acts };
    const doorOn = async (own: TestDatabases['databases']) => {
      const service = await openService(own);
      return createDoor({
        barrier: kms.barrier,
        rows: kms.rows,
        ring: createKeyRing({ barrier: kms.barrier, rows: kms.rows }),
        insufficientScope,
        idempotency: createIdempotency({ barrier: kms.barrier, rows: kms.rows, limit, now: () => kms.clock.now }),
        administration: {
          database: withLedger(service, kms.rows.service),
          rows: kms.rows,
          locks: own,
          takeEffect: async () => void (world.effects += 1),
        },
        audit: { record: async (act) => void acts.push(act) },
      });
    };
    const notes = async () =>
      (await kms.service.db.selectFrom('kms_databases_to_drop').select('schema_name').execute()).map(({ schema_name: name }) => name);
    return { world, caller, notes, doorOn, door: await doorOn(databases.databases) };
  };
  const told = (acts: readonly Act[]) => acts.map(({ object, target, outcome, code }) => [object?.id ?? null, target, outcome, code]);

  it('writes in one transaction of the service, is recorded before and after it with what it is about, and takes effect', async () => {
    const { world, caller, notes, door } = await setup();
    const name = randomUUIDv7();
    expect(await door.operate(caller, NOTE, null, noteOf(name))).toEqual({ note: name });
    expect(await notes()).toContain(name);
    expect(told(world.acts)).toEqual([
      [name, null, 'begun', null],
      [name, null, 'done', null],
    ]);
    expect(world.effects).toBe(1);
  });

  it('leaves nothing where it is refused, and is recorded as refused', async () => {
    const { world, caller, notes, door } = await setup();
    const name = randomUUIDv7();
    const refused = door.operate(withKey(caller, newIdempotencyKey()), NOTE, null, async () => ({
      object: { kind: 'realm-user', id: name },
      write: async (tx) => {
        await (await noteOf(name)()).write(tx);
        throw new AppError('no', 409, 'no');
      },
    }));
    await expect(refused).rejects.toMatchObject({ code: 'no' });
    expect(await notes()).not.toContain(name);
    expect(told(world.acts).at(-1)).toEqual([name, null, 'refused', 'no']);
    expect(await kms.service.db.selectFrom('idempotency_keys').select('id').where('id', 'like', `${caller.tenant.id}%`).execute()).toEqual(
      [],
    );
    expect(world.effects).toBe(0);
  });

  it('with an Idempotency-Key is answered as before by every replica, takes effect again, and is refused for another request', async () => {
    const { world, caller, notes, door, doorOn } = await setup();
    const [key, name] = [newIdempotencyKey(), randomUUIDv7()];
    const other = await doorOn(await databases.reopen());
    for (const each of [door, other]) expect(await each.operate(withKey(caller, key), NOTE, null, noteOf(name))).toEqual({ note: name });
    expect((await notes()).filter((note) => note === name)).toHaveLength(1);
    expect(world.effects).toBe(2);
    expect(told(world.acts).at(-1)).toEqual([name, null, 'done', null]);
    const another = withKey(caller, { ...key, fingerprint: 'another' });
    await expect(door.operate(another, NOTE, null, noteOf(name))).rejects.toMatchObject({ code: 'idempotency-key-reused', status: 422 });
  });

  it('remembers keys of one tenant apart from those of others, as many as each may have, for a day', async () => {
    const { caller, door } = await setup(1);
    const { caller: neighbour } = await setup(1);
    const key = newIdempotencyKey();
    const of = (who: Caller) => ({ ...withKey(who, key), subject: caller.subject });
    const [one, two] = [randomUUIDv7(), randomUUIDv7()];
    expect(await door.operate(of(caller), NOTE, null, noteOf(one))).toEqual({ note: one });
    expect(await door.operate(of(neighbour), NOTE, null, noteOf(two))).toEqual({ note: two });
    const third = () => door.operate(withKey(caller, newIdempotencyKey()), NOTE, null, noteOf(randomUUIDv7()));
    await expect(third()).rejects.toMatchObject({ code: 'idempotency-keys-quota' });
    kms.clock.now += REMEMBERED_MS;
    const job = forgetServiceIdempotencyKeys({ locks: databases.databases, service: kms.service, now: () => kms.clock.now });
    await job.run(AbortSignal.timeout(60_000));
    expect(await kms.service.db.selectFrom('idempotency_keys').select('id').execute()).toEqual([]);
    await third();
  });

  it('takes its turn after the others of its tenant, at every replica, so that what it decides by other rows stays so', async () => {
    const { caller, notes, door, doorOn } = await setup();
    const doors = [door, await doorOn(await databases.reopen())];
    const prefix = randomUUIDv7();
    const isOwn = (name: string) => name.startsWith(prefix);
    /** One may be there, and no second. */
    const first = async ({ db }: Administering): Promise<Administered<unknown>> => {
      await db.selectFrom('kms_databases_to_drop').selectAll().execute();
      const name = `${prefix}-${randomUUIDv7()}`;
      const { object, write } = await noteOf(name)();
      return {
        object,
        write: async (tx) => {
          const there = await tx.selectFrom('kms_databases_to_drop').select('schema_name').execute();
          if (there.some(({ schema_name: other }) => isOwn(other))) throw new AppError('there', 409, 'there');
          return write(tx);
        },
      };
    };
    const asked = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => (doors[n % 2] ?? door).operate(caller, NOTE, null, first)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await notes()).filter(isOwn)).toHaveLength(1);
  });

  it('is refused without its scope, and while the KMS is sealed', async () => {
    const { caller, door } = await setup();
    const nobody = testCaller(caller.tenant, new Set());
    await expect(door.operate(nobody, NOTE, null, noteOf(randomUUIDv7()))).rejects.toMatchObject({ code: 'scope-insufficient' });
    kms.barrier.seal();
    await expect(door.operate(caller, NOTE, null, noteOf(randomUUIDv7()))).rejects.toMatchObject({ code: 'sealed' });
  });
});
