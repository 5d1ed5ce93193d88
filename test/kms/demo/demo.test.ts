import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { loadSeed } from '#kms/demo/seed-file.ts';
import { startDemo } from '#infra/demo-data/start-demo.ts';
import { lostLocks } from '#test/support/lost-locks.ts';
import { addRealTenant, asSeeded, countAll, inspect, openWorld, startWorld, sweepWorld } from '#test/kms/support/demo-world.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { KMS_CONFIG_FOLDER } from '#test/kms/support/kms-server.ts';

const emit = (): void => {};
const fresh = () => ({ demo: randomUUID(), 'demo-other': randomUUID() });

describe('the seed file', () => {
  it('has the documented passwords behind its hashes', async () => {
    const file = join(KMS_CONFIG_FOLDER, 'demo-seed.yml');
    const text = await readFile(file, 'utf8');
    const documented = [...text.matchAll(/username: (\S+) # password: (\S+)\n\s+password_hash: (\S+)/g)];
    expect(documented).toHaveLength((await loadSeed(file)).accounts.length);
    const passwords = createPasswords();
    for (const [, username, password, hash] of documented) {
      expect(password).toBe(`${username}-password`);
      expect(hash).toMatch(/^\$pbkdf2-sha256\$i=600000\$/);
      expect([username, await passwords.verify(password ?? '', hash)]).toEqual([username, true]);
    }
    expect(text).toContain('never for real data');
  });

  it('has accounts for every role, and keys for every algorithm, in two tenants', async () => {
    const seed = await loadSeed(join(KMS_CONFIG_FOLDER, 'demo-seed.yml'));
    expect(seed.tenants).toEqual(['demo', 'demo-other']);
    expect(Object.fromEntries(seed.accounts.map(({ username, roles }) => [username, roles]))).toEqual({
      'demo-admin': ['admin'],
      'demo-tenant-admin': ['tenant-admin'],
      'demo-user': ['user'],
      'demo-service': ['service'],
      'demo-other-user': ['tenant-admin'],
    });
    expect(new Set(seed.elastic_keys.map((key) => key.algorithm))).toEqual(
      new Set(['A256GCM/A256KW', 'ES256', 'EdDSA', 'A256KW', 'HS256']),
    );
  });
});

describe.each(databaseKinds())('demo data on %s', (kind) => {
  const unsealKey = new Uint8Array(randomBytes(32));

  it('is seeded once, with the tenant ids that were given, and kept by a restart', async () => {
    await using test = await withDatabases(kind);
    const ids = fresh();
    const first = await startWorld(test.databases, unsealKey);
    await first.demo.seed(ids);
    expect(await inspect(first)).toEqual(asSeeded(first.seed, ids));
    const second = await startWorld(await test.reopen(), unsealKey);
    await second.demo.seed(fresh());
    expect(await inspect(second)).toEqual(asSeeded(second.seed, ids));
  });

  it('is completed by the next seed where something is missing', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const ids = fresh();
    await world.demo.seed(ids);
    await world.service.db.deleteFrom('kms_realm_users').where('username', '=', 'demo-user').execute();
    const { items } = await world.keys.elasticKeys.list(world.callerOf(ids.demo), { name: 'demo-signing-key' });
    await world.keys.elasticKeys.change(world.callerOf(ids.demo), items[0]?.id ?? '', { name: `renamed-${randomUUIDv7()}` });
    expect((await world.demo.state()).seeded).toBe(false);
    await world.demo.seed();
    const after = await inspect(world);
    expect(after.seeded).toBe(true);
    expect(after.accounts.map((account) => account.username)).toContain('demo-user');
    expect(after.keys.filter((key) => key.name === 'demo-signing-key')).toHaveLength(1);
  });

  it('is brought back exactly by a reset, under new tenant ids, and everything else is left alone', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const [old, next] = [fresh(), fresh()];
    await world.demo.seed(old);
    const real = await addRealTenant(world);
    await world.keys.elasticKeys.create(world.callerOf(old.demo), { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' });
    const { resetId, tenants, previousTenants } = await world.demo.reset(next);
    expect({ tenants, previousTenants }).toEqual({ tenants: next, previousTenants: old });
    expect(await inspect(world)).toEqual({ ...asSeeded(world.seed, next), resetPending: resetId });
    expect(await world.tenants.byId(old.demo)).toBeUndefined();
    await world.demo.commit(resetId);
    expect(await inspect(world)).toEqual(asSeeded(world.seed, next));
    expect((await world.tenants.byId(real.id))?.name).toBe(real.name);
    expect((await world.keys.elasticKeys.list(world.callerOf(real.id))).items.map((key) => key.name)).toEqual([`key-${real.name}`]);
    const all = await countAll(test.databases, world);
    expect(all).toMatchObject({ rows: 3, inactive: 0, contentKeys: 3, retiredUsers: 0, toDrop: 0 });
    expect(all.databases).toEqual(all.named);
  });

  it('has its old self back after a rollback, with every key that it had', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const old = fresh();
    await world.demo.seed(old);
    const mine = await world.keys.elasticKeys.create(world.callerOf(old.demo), {
      name: `key-${randomUUIDv7()}`,
      algorithm: 'A256GCM/A256KW',
    });
    const { jwe } = await world.keys.crypto.encrypt(world.callerOf(old.demo), mine.id, { plaintext: Buffer.from('before the reset') });
    const { resetId } = await world.demo.reset();
    await world.demo.rollback(resetId);
    expect((await world.demo.state()).tenants).toEqual(old);
    expect(Buffer.from(await world.keys.crypto.decrypt(world.callerOf(old.demo), mine.id, { jwe })).toString()).toBe('before the reset');
    const all = await countAll(test.databases, world);
    expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2 });
    expect(all.databases).toEqual(all.named);
  });

  it('settles a reset once: again is the same answer, the other way round is refused', async () => {
    await using test = await withDatabases(kind);
    const { demo } = await startWorld(test.databases, unsealKey);
    await demo.seed();
    const first = await demo.reset();
    const committed = await demo.commit(first.resetId);
    expect(await demo.commit(first.resetId)).toEqual(committed);
    await expect(demo.rollback(first.resetId)).rejects.toMatchObject({ code: 'demo-reset-settled', status: 409 });
    await expect(demo.commit(randomUUIDv7())).rejects.toMatchObject({ code: 'demo-reset-not-found', status: 404 });
    const second = await demo.reset();
    await demo.rollback(second.resetId);
    await expect(demo.commit(second.resetId)).rejects.toMatchObject({ code: 'demo-reset-settled' });
    await expect(demo.commit(first.resetId)).rejects.toMatchObject({ code: 'demo-reset-not-found' });
  });

  it('takes a reset while one is pending: the pending one is committed', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed();
    const [first, second] = [await world.demo.reset(), await world.demo.reset()];
    expect(second.previousTenants).toEqual(first.tenants);
    await world.demo.rollback(second.resetId);
    expect((await world.demo.state()).tenants).toEqual(first.tenants);
    expect(world.events).toEqual([
      expect.objectContaining({ type: 'demo-seeded' }),
      { type: 'demo-reset-started', resetId: first.resetId },
      { type: 'demo-reset-settled', resetId: first.resetId, outcome: 'committed' },
      { type: 'demo-reset-started', resetId: second.resetId },
      { type: 'demo-reset-settled', resetId: second.resetId, outcome: 'rolled-back' },
    ]);
  });

  it('keeps a reset that waits where the next one is refused: it can still be rolled back', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const old = fresh();
    await world.demo.seed(old);
    const { resetId, tenants } = await world.demo.reset();
    // The transaction that switches is refused when everything before it has been done.
    const accounts = [...world.seed.accounts, ...world.seed.accounts];
    const { demo } = await openWorld(test.databases, unsealKey, { ...world.seed, accounts });
    await expect(demo.reset()).rejects.toMatchObject({ code: 'demo-name-taken', status: 409 });
    expect(await inspect(world)).toEqual({ ...asSeeded(world.seed, tenants), resetPending: resetId });
    await world.demo.rollback(resetId);
    expect(await inspect(world)).toEqual(asSeeded(world.seed, old));
    const all = await countAll(test.databases, world);
    expect(all).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2, toDrop: 0 });
    expect(all.databases).toEqual(all.named);
  });

  it('is never a mixture when two resets come at once', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed();
    const resets = await Promise.all([world.demo.reset(), world.demo.reset(), world.demo.reset()]);
    const last = resets.find(({ tenants }) => !resets.some((other) => other.previousTenants['demo'] === tenants['demo']));
    await world.demo.commit(last?.resetId ?? '');
    expect(await inspect(world)).toEqual(asSeeded(world.seed, last?.tenants ?? {}));
  });

  it.each<[string, (used: string) => Record<string, string>, string]>([
    ['a tenant that the seed does not have', () => ({ stranger: randomUUID() }), 'demo-tenant-unknown'],
    ['the id of a tenant that is there', (used) => ({ demo: used }), 'demo-tenant-id-used'],
    ['one id for two tenants', () => ((id) => ({ demo: id, 'demo-other': id }))(randomUUID()), 'demo-tenant-id-used'],
  ])('refuses to reset to %s and leaves nothing', async (_, ids, code) => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const old = fresh();
    await world.demo.seed(old);
    await expect(world.demo.reset(ids(old['demo-other']))).rejects.toMatchObject({ code });
    expect(await inspect(world)).toEqual(asSeeded(world.seed, old));
    const all = await countAll(test.databases, world);
    expect(all).toMatchObject({ rows: 2, contentKeys: 2 });
    expect(all.databases).toEqual(all.named);
  });

  it('stays as it was when the lock of a change is lost before its commit', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    await world.demo.seed();
    await world.service.db.deleteFrom('kms_realm_users').where('username', '=', 'demo-user').execute();
    const { resetId } = await world.demo.reset();
    const before = await inspect(world);
    const databases = { ...test.databases, ...lostLocks(test.databases) };
    const lost = await openWorld(databases, unsealKey);
    const changes = [
      () => lost.demo.reset(),
      () => lost.demo.rollback(resetId),
      () => lost.demo.commit(resetId),
      () => sweepWorld(databases, lost),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ code: 'database-lock-lost', status: 503 });
    expect(await inspect(world)).toEqual(before);
    await world.demo.rollback(resetId);
    await expect(lost.demo.seed()).rejects.toMatchObject({ code: 'database-lock-lost' });
    expect((await world.demo.state()).seeded).toBe(false);
  });

  it('never takes the place of an account that is no demo', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const ids = fresh();
    await world.demo.seed(ids);
    await world.service.db.deleteFrom('kms_realm_users').where('username', '=', 'demo-admin').execute();
    const row = { id: randomUUIDv7(), password_hash: 'x', tenant_id: randomUUID(), roles: '[]', demo: 0, created_at: 1, retired_at: null };
    await world.service.db
      .insertInto('kms_realm_users')
      .values({ ...row, username: 'demo-admin', row_revision: 0, row_tag: null })
      .execute();
    for (const change of [() => world.demo.seed(), () => world.demo.reset()])
      await expect(change()).rejects.toMatchObject({ code: 'demo-name-taken', status: 409 });
    expect((await world.demo.state()).tenants).toEqual(ids);
    expect(await countAll(test.databases, world)).toMatchObject({ rows: 2, inactive: 0, contentKeys: 2, toDrop: 0 });
  });

  it.each(['seed', 'reset', 'replace'] as const)('never begins by a %s in a database that holds real tenants', async (change) => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const real = await addRealTenant(world);
    const before = await countAll(test.databases, world);
    await expect(world.demo[change](fresh())).rejects.toMatchObject({
      code: 'demo-over-real-data',
      status: 409,
      message: `This database holds real data and no demo: 1 tenant, 1 user (${real.name}).`,
      fix: expect.stringContaining('a database of its own') as string,
    });
    expect(await countAll(test.databases, world)).toEqual(before);
    expect((await world.demo.state()).tenants).toEqual({});
  });

  it('is reset at a start beside a real tenant, which keeps its user and its keys, and the log says so', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const [old, next] = [fresh(), fresh()];
    await startDemo({ demo: world.demo, reset: false, given: old, emit });
    const real = await addRealTenant(world);
    const caller = world.callerOf(real.id);
    const [key] = (await world.keys.elasticKeys.list(caller)).items;
    const { jwe } = await world.keys.crypto.encrypt(caller, key?.id ?? '', { plaintext: Buffer.from('of the real tenant') });
    const realUsers = () => world.service.db.selectFrom('kms_realm_users').selectAll().where('demo', '=', 0).execute();
    const users = await realUsers();
    await startDemo({ demo: world.demo, reset: true, given: next, emit });
    expect(await inspect(world)).toEqual(asSeeded(world.seed, next));
    expect(Buffer.from(await world.keys.crypto.decrypt(caller, key?.id ?? '', { jwe })).toString()).toBe('of the real tenant');
    expect(await realUsers()).toEqual(users);
    expect(world.events).toContainEqual({ type: 'demo-beside-real-data', real: { tenant: 1, user: 1 }, names: [real.name] });
    // And the next start of the demo, with its own still there, is none that begins.
    await startDemo({ demo: world.demo, reset: false, given: {}, emit });
    expect((await world.demo.state()).tenants).toEqual(next);
  });

  it('is reset at a start that asks for it, but not to the same tenant ids again', async () => {
    await using test = await withDatabases(kind);
    const world = await startWorld(test.databases, unsealKey);
    const [old, next] = [fresh(), fresh()];
    await startDemo({ demo: world.demo, reset: false, given: old, emit });
    await startDemo({ demo: world.demo, reset: true, given: next, emit });
    expect(await inspect(world)).toEqual(asSeeded(world.seed, next));
    const { id } = await world.keys.elasticKeys.create(world.callerOf(next.demo), { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' });
    await startDemo({ demo: world.demo, reset: true, given: next, emit });
    await expect(world.keys.elasticKeys.read(world.callerOf(next.demo), id)).resolves.toMatchObject({ id });
    await startDemo({ demo: world.demo, reset: true, given: {}, emit });
    const after = await world.demo.state();
    expect(Object.values(after.tenants)).not.toContain(next.demo);
  });
});
