import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIdempotency, REMEMBERED_MS } from '#kms/idempotency/create-idempotency.ts';
import { openAnswer } from '#kms/idempotency/sealed-answers.ts';
import { forgetIdempotencyKeys } from '#kms/idempotency/forget-keys.ts';
import { USUAL_QUOTAS } from '#kms/keys/elastic-keys/quotas.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { newIdempotencyKey, withKey } from '#test/kms/support/keyed-caller.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { insufficientScope, testCaller, testClaims } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const input = () => ({ name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' });
const inUse = { code: 'idempotency-key-in-use', status: 409, headers: { 'retry-after': '1' } };

describe.each(databaseKinds())('A change with an Idempotency-Key on %s', (kind) => {
  let databases: TestDatabases;
  let kms: TestKms;
  beforeAll(async () => {
    databases = await withDatabases(kind);
    kms = await testKms(databases);
  });
  afterAll(() => databases?.[Symbol.asyncDispose]());

  /** A tenant of its own for each test, with a user who may do everything there. */
  const tenant = async () => {
    const id = await kms.addTenant();
    const caller = testCaller({ id, name: `tenant-${id}`, database: () => kms.database(id) });
    const { db } = await kms.database(id);
    return { caller, db, rows: () => db.selectFrom('idempotency_keys').selectAll().execute() };
  };

  it('that comes again gets the answer of the first time, at every replica, and changes nothing twice', async () => {
    const { elasticKeys, materialKeys, tenantId, database } = kms;
    const other = await kms.replica();
    const [create, change, rotate] = [newIdempotencyKey(), newIdempotencyKey(), newIdempotencyKey()];
    const wanted = input();
    const made = await elasticKeys.create(withKey(kms.caller, create), wanted);
    const changed = await elasticKeys.change(withKey(kms.caller, change), made.id, { description: 'changed' });
    const rotated = await materialKeys.rotate(withKey(kms.caller, rotate), made.id);
    for (const replica of [kms, { ...other, caller: { ...other.caller, subject: kms.caller.subject } }]) {
      expect(await replica.elasticKeys.create(withKey(replica.caller, create), wanted)).toEqual(made);
      expect(await replica.elasticKeys.change(withKey(replica.caller, change), made.id, { description: 'changed' })).toEqual(changed);
      expect(await replica.materialKeys.rotate(withKey(replica.caller, rotate), made.id)).toEqual(rotated);
    }
    expect((await elasticKeys.list(kms.caller)).items).toMatchObject([{ id: made.id, latestVersion: 2, description: 'changed' }]);
    expect(await (await database(tenantId)).db.selectFrom('idempotency_keys').selectAll().execute()).toHaveLength(3);
  });

  it('is made once where it comes many times at once, here and at another replica; who comes too early is told so', async () => {
    const other = await kms.replica();
    const key = newIdempotencyKey();
    const wanted = input();
    const there = { ...other.caller, subject: kms.caller.subject };
    const asked = await Promise.allSettled([
      kms.elasticKeys.create(withKey(kms.caller, key), wanted),
      kms.elasticKeys.create(withKey(kms.caller, key), wanted),
      other.elasticKeys.create(withKey(there, key), wanted),
    ]);
    const made = await kms.elasticKeys.create(withKey(kms.caller, key), wanted);
    expect((await kms.elasticKeys.list(kms.caller, { name: wanted.name })).items).toEqual([made]);
    expect(asked[1]).toMatchObject({ status: 'rejected', reason: inUse });
    for (const each of asked) expect(each).toMatchObject(each.status === 'fulfilled' ? { value: made } : { reason: inUse });
  });

  it('that is another request than before is refused, and the first one goes on to be answered', async () => {
    const { caller } = await tenant();
    const key = newIdempotencyKey();
    const wanted = input();
    const made = await kms.elasticKeys.create(withKey(caller, key), wanted);
    await expect(kms.elasticKeys.create(withKey(caller, { ...key, fingerprint: randomUUIDv7() }), input())).rejects.toMatchObject({
      code: 'idempotency-key-reused',
      status: 422,
      fields: [{ field: 'header/idempotency-key' }],
    });
    expect(await kms.elasticKeys.create(withKey(caller, key), wanted)).toEqual(made);
  });

  it('has nothing to do with the same key of another subject, issuer or tenant', async () => {
    const [{ caller }, { caller: foreign }] = [await tenant(), await tenant()];
    const key = newIdempotencyKey();
    const callers = [
      caller,
      { ...caller, subject: randomUUIDv7() },
      ...['one', 'two'].map((issuer) => ({
        ...caller,
        authentication: { kind: 'token' as const, issuer, tokenId: '', claims: testClaims() },
      })),
      { ...foreign, subject: caller.subject },
    ];
    const ids = [];
    for (const each of callers) ids.push((await kms.elasticKeys.create(withKey(each, key), input())).id);
    expect(new Set(ids).size).toBe(callers.length);
  });

  it('that is refused leaves nothing behind, its key neither', async () => {
    const { caller, rows } = await tenant();
    const { id } = await kms.make('A256GCM/A256KW', { caller });
    const key = newIdempotencyKey();
    await kms.elasticKeys.change(caller, id, { state: 'suspended' });
    await expect(kms.materialKeys.rotate(withKey(caller, key), id)).rejects.toMatchObject({ code: 'elastic-key-suspended' });
    expect(await rows()).toEqual([]);
    await kms.elasticKeys.change(caller, id, { state: 'active' });
    expect(await kms.materialKeys.rotate(withKey(caller, key), id)).toMatchObject({ version: 2 });
  });

  it('is a new one after a day; until then its answer stays as it was, whatever came of the elastic key', async () => {
    const { caller } = await tenant();
    const { id } = await kms.make('A256GCM/A256KW', { caller });
    const again = withKey(caller);
    const first = await kms.elasticKeys.change(again, id, { description: 'first' });
    await kms.elasticKeys.change(caller, id, { description: 'second' });
    kms.clock.now += REMEMBERED_MS - 1;
    expect(await kms.elasticKeys.change(again, id, { description: 'first' })).toEqual(first);
    expect(await kms.elasticKeys.read(caller, id)).toMatchObject({ description: 'second' });
    kms.clock.now += 1;
    const next = await kms.elasticKeys.change(again, id, { description: 'first' });
    expect(next).toMatchObject({ description: 'first', updatedAt: kms.clock.now });
    expect(await kms.elasticKeys.change(again, id, { description: 'first' })).toEqual(next);
  });

  it('is remembered within the quota of the tenant, of which the others have their own', async () => {
    const [{ caller }, { caller: foreign }] = [await tenant(), await tenant()];
    const { barrier, rows, clock } = kms;
    const quotas = { ...USUAL_QUOTAS, idempotencyKeys: 1 };
    const { elasticKeys } = createKeys({ barrier, rows, insufficientScope, now: () => clock.now, quotas });
    await elasticKeys.create(withKey(caller), input());
    await expect(elasticKeys.create(withKey(caller), input())).rejects.toMatchObject({
      code: 'idempotency-keys-quota',
      status: 409,
      fix: expect.stringContaining('quotas.idempotency_keys'),
    });
    await elasticKeys.create(caller, input());
    await elasticKeys.create(withKey(foreign), input());
    clock.now += REMEMBERED_MS;
    await elasticKeys.create(withKey(caller), input());
  });

  it('is answered with nothing that somebody else wrote into the database', async () => {
    const [{ caller, db, rows }, foreign] = [await tenant(), await tenant()];
    const again = withKey(caller);
    const made = await kms.elasticKeys.create(again, input());
    const [row] = await rows();
    const falsified = { answer: JSON.stringify({ answer: { ...made, state: 'suspended' } }) };
    for (const change of [falsified, { expires_at: kms.clock.now + 2 * REMEMBERED_MS }, { target: 'null' }, { fingerprint: 'x' }]) {
      await db
        .updateTable('idempotency_keys')
        .set({ ...row, ...change })
        .execute();
      await expect(kms.elasticKeys.create(again, input())).rejects.toMatchObject({ code: 'row-damaged', status: 503 });
    }
    // Another tenant, whose subject has the same name.
    if (row !== undefined) await foreign.db.insertInto('idempotency_keys').values(row).execute();
    const there = { ...again, tenant: foreign.caller.tenant };
    await expect(kms.elasticKeys.create(there, input())).rejects.toMatchObject({ code: 'row-damaged' });
  });

  it('is stored without the key itself, and with its answer sealed under a key of the tenant', async () => {
    const { caller, rows } = await tenant();
    const { id } = await kms.make('ES256', { caller });
    const key = newIdempotencyKey();
    const rotated = await kms.materialKeys.rotate(withKey(caller, key), id);
    const [row] = await rows();
    expect(JSON.stringify(row)).not.toContain(key.value.slice(1, -1));
    expect(row?.answer).not.toContain(rotated.id);
    const sealing = kms.barrier.tenantKey(caller.tenant.id, 'remembered answers');
    expect(JSON.parse(openAnswer(sealing, row?.id ?? '', row?.answer ?? ''))).toEqual({ answer: rotated });
    const other = kms.barrier.tenantKey(kms.otherTenantId, 'remembered answers');
    expect(() => openAnswer(other, row?.id ?? '', row?.answer ?? '')).toThrow(/does not open/);
    expect(() => openAnswer(sealing, 'another row', row?.answer ?? '')).toThrow(/does not open/);
  });

  it('is answered from a row of before answers were sealed', async () => {
    const { caller, db, rows } = await tenant();
    const again = withKey(caller);
    const wanted = input();
    const made = await kms.elasticKeys.create(again, wanted);
    const [row] = await rows();
    if (row === undefined) throw new Error('no row');
    const { row_tag: _, row_revision: __, ...bare } = row;
    const plain = { ...bare, answer: JSON.stringify({ answer: { ...made, description: 'as it was' } }) };
    await db.updateTable('idempotency_keys').set(kms.rows.of(caller.tenant.id).first('idempotency_keys', plain)).execute();
    expect(await kms.elasticKeys.create(again, wanted)).toMatchObject({ id: made.id, description: 'as it was' });
  });

  it('is removed by a job once it is over, and a damaged tenant does not keep that of others', async () => {
    const { caller, rows } = await tenant();
    await kms.elasticKeys.create(withKey(caller), input());
    const damaged = { database: () => Promise.reject(new Error('damaged')) };
    const tenants = { kept: async () => [damaged, caller.tenant] as never };
    const job = forgetIdempotencyKeys({ locks: databases.databases, tenants, rows: { isReadable: () => true }, now: () => kms.clock.now });
    await expect(job.run(new AbortController().signal)).rejects.toThrow('damaged');
    expect(await rows()).toHaveLength(1);
    kms.clock.now += REMEMBERED_MS;
    await expect(job.run(new AbortController().signal)).rejects.toThrow('damaged');
    expect(await rows()).toEqual([]);
  });

  it('must have an answer that JSON carries: any other would not come back as it was', async () => {
    const { caller, db } = await tenant();
    const { transaction } = await kms.database(caller.tenant.id);
    const idempotency = createIdempotency({ barrier: kms.barrier, rows: kms.rows, limit: 10, now: () => kms.clock.now });
    const keyed = withKey(caller);
    for (const answer of [new Uint8Array(1), { at: new Date(0) }, [new Map()], 1n]) {
      using turn = idempotency.begin(keyed);
      await expect(transaction(async (tx) => turn?.remember(tx, { answer, target: null }))).rejects.toMatchObject({
        code: 'internal-error',
      });
    }
    using turn = idempotency.begin(keyed);
    await transaction(async (tx) => {
      await turn?.claim(tx);
      await turn?.remember(tx, { answer: undefined, target: null });
    });
    expect(await turn?.replay(db)).toEqual({ answer: undefined, target: null });
  });
});
