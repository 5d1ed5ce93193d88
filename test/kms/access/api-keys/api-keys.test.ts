import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FineScope } from '#infra/magic/magic.ts';
import { makeApiKey } from '#kms/access/api-keys/credential/api-key-text.ts';
import type { Caller } from '#kms/caller.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import { newIdempotencyKey, withKey } from '#test/kms/support/keyed-caller.ts';
import { type TestApiKeys, testApiKeys } from '#test/support/api-keys.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { testCaller, testClaims } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const input = { name: 'billing service', scopes: ['kms:encrypt', 'kms:decrypt'] };

describe.each(databaseKinds())('An API key on %s', (kind) => {
  let databases: TestDatabases;
  let kms: TestKms;
  let keys: TestApiKeys;
  let caller: Caller;
  const made: Caller[] = [];
  beforeAll(async () => {
    databases = await withDatabases(kind);
    kms = await testKms(databases);
    caller = kms.caller;
    made.push(kms.caller, kms.otherCaller);
    keys = testApiKeys({ ...kms, keys: kms, tenants: () => made.map(({ tenant }) => tenant) });
  });
  afterAll(() => databases?.[Symbol.asyncDispose]());

  const ask = (text: string) => keys.realm.authenticate({ key: text, peer: null });
  const refused = (why: string) => ({
    code: 'api-key-invalid',
    status: 401,
    message: expect.stringContaining(why),
    headers: { 'www-authenticate': expect.stringContaining('invalid_token') },
  });
  /** A tenant of its own, for tests that count. */
  const tenant = async (): Promise<Caller> => {
    const id = await kms.addTenant();
    const its = testCaller({ id, name: `tenant-${id}`, database: () => kms.database(id) });
    made.push(its);
    return its;
  };
  const table = async (of = caller) => (await kms.database(of.tenant.id)).db;

  it('asks in the name of its tenant, as itself, with its scopes and no more', async () => {
    const { apiKey, text } = await keys.create(caller, input);
    expect(await ask(text)).toMatchObject({
      subject: apiKey.id,
      username: 'billing service',
      roles: [],
      scopes: new Set(['kms:encrypt', 'kms:decrypt']),
      tenant: { id: kms.tenantId },
      authentication: { kind: 'api-key', expiresAt: kms.clock.now + 90 * DAY_MS },
    });
  });

  it('is nowhere in the database, nor in the answer that an Idempotency-Key has remembered, which has it again', async () => {
    const keyed = withKey(caller);
    const { apiKey, text } = await keys.create(keyed, input);
    expect(await keys.create(keyed, input)).toEqual({ apiKey, text });
    const turned = withKey(caller);
    const rotated = await keys.rotate(turned, apiKey.id, { overlapMs: HOUR_MS });
    expect(await keys.rotate(turned, apiKey.id, { overlapMs: HOUR_MS })).toEqual(rotated);
    const db = await table();
    const rows = JSON.stringify([
      await db.selectFrom('api_keys').selectAll().execute(),
      await db.selectFrom('idempotency_keys').selectAll().execute(),
    ]);
    expect(rows).toContain(apiKey.id);
    for (const secret of [text, rotated.text]) expect(rows).not.toContain(secret.slice(48, 91));
  });

  it('is refused where id or secret is of none, by one and the same words', async () => {
    const [{ apiKey, text }, other] = [await keys.create(caller, input), await keys.create(caller, input)];
    const address = { tenantId: kms.tenantId, id: apiKey.id };
    const messages = [];
    for (const wrong of [
      makeApiKey(address, randomBytes(32)),
      makeApiKey({ ...address, id: randomUUIDv7() }, randomBytes(32)),
      makeApiKey({ ...address, tenantId: kms.otherTenantId }, randomBytes(32)),
      makeApiKey({ ...address, tenantId: randomUUID() }, randomBytes(32)),
    ]) {
      const error = await ask(wrong.text).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject(refused('none that there is'));
      messages.push((error as Error).message);
    }
    expect(new Set(messages).size).toBe(1);
    // The secret of another key of the same tenant.
    const mixed = other.text.slice(0, 47) + text.slice(47);
    await expect(ask(mixed)).rejects.toMatchObject(refused('checksum'));
  });

  it('costs no look at the database while its lease runs, and one HMAC for one tenant proves nothing for another', async () => {
    const { text } = await keys.create(caller, input);
    await ask(text);
    const { database } = caller.tenant;
    let looks = 0;
    const watched = { ...caller, tenant: { ...caller.tenant, database: () => ((looks += 1), database()) } };
    const own = testApiKeys({ ...kms, keys: kms, tenants: () => [watched.tenant] });
    for (let count = 0; count < 20; count += 1) await own.realm.authenticate({ key: text, peer: null });
    expect(looks).toBe(1);
    kms.clock.elapsed += LEASE_MS;
    await own.realm.authenticate({ key: text, peer: null });
    expect(looks).toBe(2);
  });

  it('is disabled and enabled, revoked for good, and taken away; the next request knows', async () => {
    const { apiKey, text } = await keys.create(caller, input);
    await ask(text);
    await keys.change(caller, apiKey.id, { state: 'disabled' });
    await expect(ask(text)).rejects.toMatchObject(refused('disabled'));
    await keys.change(caller, apiKey.id, { state: 'active' });
    expect(await ask(text)).toMatchObject({ subject: apiKey.id });
    const revoked = await keys.revoke(caller, apiKey.id);
    expect(revoked).toMatchObject({ state: 'revoked', revokedAt: kms.clock.now });
    await expect(ask(text)).rejects.toMatchObject(refused('revoked'));
    kms.clock.now += 1000;
    expect(await keys.revoke(caller, apiKey.id)).toMatchObject({ state: 'revoked', revokedAt: revoked.revokedAt });
    for (const again of [() => keys.change(caller, apiKey.id, { state: 'active' }), () => keys.rotate(caller, apiKey.id, { overlapMs: 0 })])
      await expect(again()).rejects.toMatchObject({ code: 'api-key-revoked', status: 409 });
    await keys.delete(caller, apiKey.id);
    await expect(ask(text)).rejects.toMatchObject(refused('none that there is'));
    await expect(keys.read(caller, apiKey.id)).rejects.toMatchObject({ code: 'api-key-not-found', status: 404 });
  });

  it('that is revoked here is refused by other replicas from the answer on', async () => {
    const other = await kms.replica();
    const there = testApiKeys({
      keys: other,
      barrier: other.barrier,
      rows: createRowIntegrity({ barrier: other.barrier }),
      tenants: () => [other.caller.tenant],
      clock: {
        now: kms.clock.now,
        get elapsed() {
          return performance.now();
        },
      },
    });
    const { apiKey, text } = await keys.create(caller, input);
    expect(await there.realm.authenticate({ key: text, peer: null })).toMatchObject({ subject: apiKey.id });
    await keys.revoke(caller, apiKey.id);
    // The files of SQLite have one process, so that nobody waits for leases of others.
    if (kind === 'sqlite') there.realm.forget();
    await expect(there.realm.authenticate({ key: text, peer: null })).rejects.toMatchObject(refused('revoked'));
  });

  it('is rotated with an overlap: both secrets are good until its end, and of three the first is not', async () => {
    const { apiKey, text: first } = await keys.create(caller, input);
    const { text: second, apiKey: rotated } = await keys.rotate(caller, apiKey.id, { overlapMs: HOUR_MS });
    expect(rotated).toMatchObject({ rotatedAt: kms.clock.now, previous: { until: kms.clock.now + HOUR_MS } });
    expect(second).not.toBe(first);
    for (const text of [first, second]) expect(await ask(text)).toMatchObject({ subject: apiKey.id });
    const { text: third } = await keys.rotate(caller, apiKey.id, { overlapMs: HOUR_MS });
    await expect(ask(first)).rejects.toMatchObject(refused('none that there is'));
    kms.clock.now += HOUR_MS - 1;
    expect(await ask(second)).toMatchObject({ subject: apiKey.id });
    kms.clock.now += 1;
    await expect(ask(second)).rejects.toMatchObject(refused('none that there is'));
    expect(await ask(third)).toMatchObject({ subject: apiKey.id });
    const { text: fourth } = await keys.rotate(caller, apiKey.id, { overlapMs: 0 });
    await expect(ask(third)).rejects.toMatchObject(refused('none that there is'));
    expect(await ask(fourth)).toMatchObject({ subject: apiKey.id });
  });

  it('expires as it says, or after the days of the policy; a rotation with a later end does not bring the old secret back', async () => {
    const expiresAt = kms.clock.now + DAY_MS;
    const { apiKey, text } = await keys.create(caller, { ...input, expiresAt });
    kms.clock.now = expiresAt - 1;
    expect(await ask(text)).toMatchObject({ subject: apiKey.id });
    kms.clock.now = expiresAt;
    await expect(ask(text)).rejects.toMatchObject(refused('expired'));
    await expect(keys.rotate(caller, apiKey.id, { overlapMs: HOUR_MS })).rejects.toMatchObject({ code: 'api-key-expired', status: 409 });
    const { text: next } = await keys.rotate(caller, apiKey.id, { overlapMs: HOUR_MS, expiresAt: expiresAt + DAY_MS });
    expect(await ask(next)).toMatchObject({ subject: apiKey.id });
    await expect(ask(text)).rejects.toMatchObject(refused('none that there is'));
    const fields = [{ field: '/expires_at' }];
    for (const [asked, code] of [
      [kms.clock.now, 'expiry-past'],
      [kms.clock.now + 366 * DAY_MS + 1, 'expiry-too-late'],
    ] as const)
      await expect(keys.create(caller, { ...input, expiresAt: asked })).rejects.toMatchObject({ code, status: 400, fields });
  });

  it('holds never more than the one who makes it, changes it, or gets its new secret', async () => {
    const holds = new Set<FineScope>([
      'kms:api-keys:create',
      'kms:api-keys:update',
      'kms:api-keys:rotate',
      'kms:api-keys:read',
      'kms:encrypt',
    ]);
    const lesser = { ...caller, subject: randomUUIDv7(), scopes: holds };
    const notHeld = { code: 'scope-not-held', status: 403 };
    await expect(keys.create(lesser, input)).rejects.toMatchObject({ ...notHeld, fields: [{ field: '/scopes/1' }] });
    await expect(keys.create(lesser, { ...input, scopes: ['kms:crypto'] })).rejects.toMatchObject(notHeld);
    const { apiKey: small } = await keys.create(lesser, { ...input, scopes: ['kms:encrypt'] });
    await expect(keys.change(lesser, small.id, { scopes: ['kms:encrypt', 'kms:sign'] })).rejects.toMatchObject(notHeld);
    const { apiKey: large } = await keys.create(caller, input);
    await expect(keys.rotate(lesser, large.id, { overlapMs: 0 })).rejects.toMatchObject(notHeld);
    await keys.change(lesser, large.id, { state: 'disabled', name: 'stopped' });
    for (const more of [{ state: 'active' as const }, { expiresAt: kms.clock.now + DAY_MS }])
      await expect(keys.change(lesser, large.id, more)).rejects.toMatchObject(notHeld);
    const ofOne = 'kms:key:invoices:encrypt';
    const { apiKey, text } = await keys.create(caller, { ...input, scopes: [ofOne] });
    const narrow = await ask(text);
    expect(narrow).toMatchObject({ subject: apiKey.id, scopes: new Set() });
    const maker: Caller = { ...narrow, scopes: new Set(['kms:api-keys:create']), request: caller.request };
    await keys.create(maker, { ...input, scopes: [ofOne] });
    for (const more of ['kms:encrypt', 'kms:key:invoices:decrypt', 'kms:key:orders:encrypt', 'kms:label:env=prod:encrypt'])
      await expect(keys.create(maker, { ...input, scopes: [more] })).rejects.toMatchObject(notHeld);
    await expect(keys.create(caller, { ...input, scopes: ['kms:fly'] })).rejects.toMatchObject({ code: 'scope-unknown', status: 400 });
  });

  it('makes others where it may, and none of them outlives it', async () => {
    const expiresAt = kms.clock.now + 2 * DAY_MS;
    const { text } = await keys.create(caller, { name: 'maker', scopes: ['kms:api-keys', 'kms:encrypt'], expiresAt });
    const maker: Caller = { ...(await ask(text)), request: caller.request };
    const child = await keys.create(maker, { name: 'child', scopes: ['kms:encrypt'] });
    expect(child.apiKey).toMatchObject({ expiresAt, createdBy: maker.subject });
    const late = { expiresAt: expiresAt + 1 };
    await expect(keys.create(maker, { name: 'child', scopes: ['kms:encrypt'], ...late })).rejects.toMatchObject({
      code: 'expiry-too-late',
    });
    await expect(keys.rotate(maker, maker.subject, { overlapMs: 0, ...late })).rejects.toMatchObject({ code: 'expiry-too-late' });
    const own = await keys.rotate(maker, maker.subject, { overlapMs: 0 });
    expect(await ask(own.text)).toMatchObject({ subject: maker.subject });
  });

  it('asked with by the secret of before a rotation ends with the overlap, and gives no other a later end', async () => {
    const scopes = ['kms:api-keys:rotate', 'kms:encrypt'];
    const { apiKey, text: old } = await keys.create(caller, { name: 'rotated', scopes });
    await keys.rotate(caller, apiKey.id, { overlapMs: HOUR_MS });
    const asker: Caller = { ...(await ask(old)), request: caller.request };
    expect(asker.authentication).toEqual({ kind: 'api-key', expiresAt: kms.clock.now + HOUR_MS });
    await expect(keys.rotate(asker, apiKey.id, { overlapMs: 0 })).rejects.toMatchObject({ code: 'expiry-too-late', status: 400 });
  });

  it('rotates, enables and changes none that ends after it, also where no end is asked for', async () => {
    const [end, later] = [kms.clock.now + HOUR_MS, kms.clock.now + DAY_MS];
    const scopes = ['kms:api-keys:rotate', 'kms:api-keys:update', 'kms:encrypt'];
    const { text: stolen } = await keys.create(caller, { name: 'stolen', scopes, expiresAt: end });
    const thief: Caller = { ...(await ask(stolen)), request: caller.request };
    const make = (expiresAt: number) => keys.create(caller, { name: 'other', scopes: ['kms:encrypt'], expiresAt });
    const [long, short] = [await make(later), await make(end)];
    const tooLate = { code: 'expiry-too-late', status: 400, fields: [{ field: '/expires_at' }] };
    await expect(keys.rotate(thief, long.apiKey.id, { overlapMs: 0 })).rejects.toMatchObject(tooLate);
    for (const more of [{ state: 'active' as const }, { scopes: ['kms:encrypt'] }])
      await expect(keys.change(thief, long.apiKey.id, more)).rejects.toMatchObject(tooLate);
    expect(await ask(long.text)).toMatchObject({ subject: long.apiKey.id });
    await keys.change(thief, short.apiKey.id, { state: 'active' });
    expect(await keys.rotate(thief, short.apiKey.id, { overlapMs: 0 })).toMatchObject({ apiKey: { expiresAt: end } });
    expect(await keys.rotate(thief, long.apiKey.id, { overlapMs: 0, expiresAt: end })).toMatchObject({ apiKey: { expiresAt: end } });
    const { apiKey } = await keys.rotate(caller, (await make(later)).apiKey.id, { overlapMs: 0 });
    expect(apiKey.expiresAt).toBe(later);
  });

  it('to which a grant lends more than the caller holds gets no new secret from him, and neither life nor a later end; the key itself may', async () => {
    const key = await kms.make('A256GCM/A256KW');
    const scopes = ['kms:api-keys:rotate', 'kms:api-keys:update'];
    const { apiKey, text } = await keys.create(caller, { name: 'borrower', scopes });
    const grantee = { kind: 'api-key', issuer: null, subject: apiKey.id } as const;
    const expiresAt = kms.clock.now + HOUR_MS;
    await kms.grants.create(caller, key.id, { grantee, operations: ['decrypt'], expiresAt });
    const mallory: Caller = { ...caller, subject: randomUUIDv7(), scopes: new Set(scopes as FineScope[]) };
    const notHeld = { code: 'scope-not-held', status: 403, message: expect.stringContaining('kms:decrypt') };
    await expect(keys.rotate(mallory, apiKey.id, { overlapMs: 0 })).rejects.toMatchObject(notHeld);
    expect(await ask(text)).toMatchObject({ subject: apiKey.id });
    await keys.change(mallory, apiKey.id, { state: 'disabled' });
    for (const more of [{ state: 'active' as const }, { expiresAt: kms.clock.now + DAY_MS }])
      await expect(keys.change(mallory, apiKey.id, more)).rejects.toMatchObject(notHeld);
    expect(await keys.read(caller, apiKey.id)).toMatchObject({ state: 'disabled', expiresAt: apiKey.expiresAt });
    await keys.change({ ...mallory, scopes: new Set([...mallory.scopes, 'kms:decrypt']) }, apiKey.id, { state: 'active' });
    const itself: Caller = { ...(await ask(text)), request: caller.request };
    const { text: next } = await keys.rotate(itself, apiKey.id, { overlapMs: 0 });
    expect(await ask(next)).toMatchObject({ subject: apiKey.id });
    kms.clock.now = expiresAt;
    await keys.rotate(mallory, apiKey.id, { overlapMs: 0 });
  });

  it('is shown again for an Idempotency-Key to the same client with the same scopes, and to no lesser credential of the same subject', async () => {
    const as = (clientId: string, scopes: readonly FineScope[]): Caller => ({
      ...withKey(caller, idempotencyKey),
      scopes: new Set(scopes),
      authentication: {
        kind: 'token',
        issuer: 'https://one.example',
        tokenId: randomUUIDv7(),
        claims: testClaims({ client_id: clientId }),
      },
    });
    const idempotencyKey = newIdempotencyKey();
    const scopes: readonly FineScope[] = ['kms:api-keys:create', 'kms:encrypt', 'kms:decrypt'];
    const made = await keys.create(as('one', scopes), input);
    expect(await keys.create(as('one', scopes.toReversed()), input)).toEqual(made);
    const ofKeys = { keyScopes: [{ whole: new Set<FineScope>(), some: [] }] };
    for (const other of [as('one', ['kms:api-keys:create']), as('other', scopes), { ...as('one', scopes), ...ofKeys }])
      await expect(keys.create(other, input)).rejects.toMatchObject({ code: 'idempotency-key-reused', status: 422 });
  });

  it('is of its tenant alone, on every act', async () => {
    const { apiKey } = await keys.create(caller, input);
    const { otherCaller } = kms;
    for (const act of [
      () => keys.read(otherCaller, apiKey.id),
      () => keys.change(otherCaller, apiKey.id, { name: 'mine' }),
      () => keys.rotate(otherCaller, apiKey.id, { overlapMs: 0 }),
      () => keys.revoke(otherCaller, apiKey.id),
      () => keys.delete(otherCaller, apiKey.id),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'api-key-not-found', status: 404 });
    expect((await keys.list(otherCaller)).items).toEqual([]);
  });

  it('gives nobody access whose row somebody else wrote: changed, put back, or moved to another tenant', async () => {
    const { apiKey, text } = await keys.create(caller, input);
    const db = await table();
    const row = await db.selectFrom('api_keys').selectAll().where('id', '=', apiKey.id).executeTakeFirstOrThrow();
    const write = (values: Partial<typeof row>) => db.updateTable('api_keys').set(values).where('id', '=', apiKey.id).execute();
    const damaged = { code: 'row-damaged', status: 503 };
    for (const forged of [
      { scopes: JSON.stringify(['kms:admin']) },
      { expires_at: row.expires_at + DAY_MS },
      { secret_hash: randomBytes(32).toString('base64url') },
      { previous_hash: row.secret_hash, previous_until: row.expires_at },
    ]) {
      await write(forged);
      keys.realm.forget();
      await expect(ask(text)).rejects.toMatchObject(damaged);
      await write(row);
    }
    keys.realm.forget();
    expect(await ask(text)).toMatchObject({ subject: apiKey.id });
    await keys.revoke(caller, apiKey.id);
    await write(row);
    keys.realm.forget();
    await expect(ask(text)).rejects.toMatchObject(damaged);
    await keys.create(kms.otherCaller, input);
    const foreign = await table(kms.otherCaller);
    await foreign.insertInto('api_keys').values(row).execute();
    const there = makeApiKey({ tenantId: kms.otherTenantId, id: apiKey.id }, randomBytes(32));
    await expect(ask(there.text)).rejects.toMatchObject(damaged);
    await foreign.deleteFrom('api_keys').where('id', '=', apiKey.id).execute();
    await db.deleteFrom('api_keys').where('id', '=', apiKey.id).execute();
  });

  it('is listed with others in pages, by name, state and label, as it was changed last', async () => {
    const its = await tenant();
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) {
      await keys.create(its, { ...input, name, labels: { env: name === 'b' ? 'prod' : 'test', 'odd "name': '50% "of\\it"' } });
      kms.clock.now += 1;
    }
    const pages = [];
    let cursor: string | undefined;
    do {
      const page = await keys.list(its, { limit: 2, cursor });
      pages.push(page.items.map(({ name }) => name));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    const named = async (filter: Parameters<TestApiKeys['list']>[1]) => (await keys.list(its, filter)).items.map(({ name }) => name);
    expect(await named({ labels: [{ name: 'env', value: 'prod' }] })).toEqual(['b']);
    expect(await named({ labels: [{ name: 'env', value: 'PROD' }] })).toEqual([]);
    expect(await named({ labels: [{ name: 'env', value: undefined }] })).toEqual(names);
    expect(await named({ labels: [{ name: 'odd "name', value: '50% "of\\it"' }] })).toEqual(names);
    expect(await named({ labels: [{ name: 'of', value: undefined }] })).toEqual([]);
    const [first] = (await keys.list(its, { name: 'a' })).items;
    await keys.change(its, first?.id ?? '', { name: 'z', labels: { env: null } });
    expect(await named({ name: 'z', state: 'active' })).toEqual(['z']);
    expect(await named({ labels: [{ name: 'env', value: undefined }] })).toEqual(['b', 'c', 'd', 'e']);
  });

  it('says when it was used last, once the job has written that, and never an earlier time again', async () => {
    const its = await tenant();
    const { apiKey, text } = await keys.create(its, input);
    await ask(text);
    const { job } = keys.lastUses;
    const run = () => job.run(new AbortController().signal);
    expect(await keys.read(its, apiKey.id)).toMatchObject({ lastUsedAt: null });
    await run();
    const used = kms.clock.now;
    expect(await keys.read(its, apiKey.id)).toMatchObject({ lastUsedAt: used });
    kms.clock.now -= 1000;
    await ask(text);
    await run();
    kms.clock.now += 1000;
    expect((await keys.list(its)).items).toMatchObject([{ lastUsedAt: used }]);
    await ask(text);
    await keys.delete(its, apiKey.id);
    await run();
    expect(await (await table(its)).selectFrom('api_key_uses').selectAll().execute()).toEqual([]);
  });

  it('is one of as many as its tenant may have', async () => {
    const its = await tenant();
    const few = testApiKeys({ ...kms, keys: kms, tenants: () => [its.tenant] }, { default_days: 90, max_days: 30, max: 1 });
    const { apiKey } = await few.create(its, input);
    expect(apiKey.expiresAt).toBe(kms.clock.now + 30 * DAY_MS);
    await expect(few.create(its, input)).rejects.toMatchObject({ code: 'api-keys-quota', status: 409 });
    await few.delete(its, apiKey.id);
    await few.create(its, input);
  });
});
