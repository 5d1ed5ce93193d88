import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { serviceMigrations } from '#kms/database/migrations.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { basic, bearer, kmsHouse, type KmsHouse, runKms, type RunningKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const ADMIN = basic('demo-tenant-admin', 'demo-tenant-admin-password');

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('three replicas of the KMS on one PostgreSQL', () => {
  let test: TestDatabases;
  let house: KmsHouse;
  let replicas: readonly RunningKms[];
  let one: RunningKms;
  let two: RunningKms;

  beforeAll(async () => {
    test = await withDatabases('postgres');
    house = await kmsHouse({ change: (config) => (config.database = test.config) });
    // Fresh, and all at the same moment.
    replicas = await Promise.all([runKms(house), runKms(house), runKms(house)]);
    [one, two] = replicas as [RunningKms, RunningKms];
  });
  afterAll(async () => {
    for (const replica of replicas) await replica[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  const create = async (on: RunningKms, algorithm = 'A256GCM/A256KW', headers: Record<string, string> = ADMIN): Promise<string> => {
    const answer = await on.send(KEYS, { method: 'POST', headers, body: { name: `key-${randomUUIDv7()}`, algorithm } });
    expect(answer.status).toBe(201);
    return answer.json<{ id: string }>().id;
  };
  const change = async (on: RunningKms, id: string, body: Record<string, unknown>) => {
    const answer = await on.send(`${KEYS}/${id}`, { method: 'PATCH', headers: ADMIN, body });
    expect(answer.status).toBe(200);
  };
  const rotate = async (on: RunningKms, id: string): Promise<string> => {
    const answer = await on.send(`${KEYS}/${id}/material-keys`, { method: 'POST', headers: ADMIN });
    expect(answer.status).toBe(201);
    return answer.json<{ id: string }>().id;
  };
  const encrypt = async (on: RunningKms, id: string, headers: Record<string, string> = ADMIN) => {
    const body = { plaintext: Buffer.from(randomUUIDv7()).toString('base64url') };
    const answer = await on.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers, body });
    const { ciphertext, material_key_id: kid, code } = answer.json<{ ciphertext?: string; material_key_id?: string; code?: string }>();
    return { status: answer.status, ciphertext, kid, code };
  };
  const decrypt = async (on: RunningKms, id: string, ciphertext = '') => {
    const answer = await on.send(`${KEYS}/${id}/decrypt`, { method: 'POST', headers: ADMIN, body: { ciphertext } });
    return { status: answer.status, ...answer.json<{ code?: string }>() };
  };

  it('that start fresh at once agree on tenants, barrier and demo data, and all are ready', async () => {
    const tenants = await Promise.all(replicas.map((replica) => replica.tenants()));
    expect(tenants).toEqual([tenants[0], tenants[0], tenants[0]]);
    await using service = await test.databases.open<ServiceTables>('service', serviceMigrations);
    const rows = await service.db.selectFrom('barrier_keys').select('purpose').execute();
    expect(rows.map(({ purpose }) => purpose).toSorted()).toEqual(['content', 'content', 'intermediate', 'root']);
    expect((await test.databases.names()).filter((name) => name.startsWith('t_'))).toHaveLength(2);
    for (const replica of replicas) expect((await replica.send('/readyz')).status).toBe(200);
    const lists = await Promise.all(replicas.map((replica) => replica.send(KEYS, { headers: ADMIN })));
    expect(new Set(lists.map(({ text }) => text)).size).toBe(1);
  });

  it('use what another has made at once, and open what another has sealed', async () => {
    const id = await create(one);
    for (const replica of replicas) {
      const { status, ciphertext } = await encrypt(replica, id);
      expect(status).toBe(200);
      for (const other of replicas) expect((await decrypt(other, id, ciphertext)).status).toBe(200);
    }
  });

  it('refuse a key from the moment on that another has answered its suspension, and use it again likewise', async () => {
    const id = await create(one);
    for (let round = 0; round < 3; round += 1) {
      // Every replica has the policy in memory when it changes.
      for (const replica of replicas) expect((await encrypt(replica, id)).status).toBe(200);
      await change(one, id, { state: 'suspended' });
      for (const replica of replicas) expect(await encrypt(replica, id)).toMatchObject({ status: 409, code: 'elastic-key-suspended' });
      await change(two, id, { state: 'active' });
    }
  });

  it('protect with the new version from the moment on that another has answered the rotation', async () => {
    const id = await create(two);
    for (let round = 0; round < 3; round += 1) {
      for (const replica of replicas) expect((await encrypt(replica, id)).status).toBe(200);
      const kid = await rotate(one, id);
      for (const replica of replicas) expect(await encrypt(replica, id)).toMatchObject({ status: 200, kid });
    }
  });

  it('refuse old versions and operations from the moment on that another has answered the change of policy', async () => {
    const id = await create(one);
    const { ciphertext } = await encrypt(one, id);
    await rotate(one, id);
    for (const replica of replicas) expect((await decrypt(replica, id, ciphertext)).status).toBe(200);
    await change(one, id, { min_decryption_version: 2 });
    for (const replica of replicas)
      expect(await decrypt(replica, id, ciphertext)).toMatchObject({ status: 400, code: 'decryption-failed' });
    for (const replica of replicas) expect((await encrypt(replica, id)).status).toBe(200);
    await change(two, id, { operations: ['decrypt'] });
    for (const replica of replicas) expect(await encrypt(replica, id)).toMatchObject({ status: 409, code: 'operation-not-allowed' });
  });

  it('rotate at once to a version each, one after the other, of which one is active', async () => {
    const id = await create(one);
    const kids = await Promise.all(replicas.map((replica) => rotate(replica, id)));
    expect(new Set(kids).size).toBe(3);
    const { items } = (await two.send(`${KEYS}/${id}/material-keys`, { headers: ADMIN })).json<{
      items: { id: string; version: number; state: string }[];
    }>();
    expect(items.map(({ version, state }) => [version, state])).toEqual([
      [4, 'active'],
      [3, 'deactivated'],
      [2, 'deactivated'],
      [1, 'deactivated'],
    ]);
    for (const replica of replicas) expect((await encrypt(replica, id)).kid).toBe(items[0]?.id);
  });

  it('find a key by its new name, and another by the old one, from the moment on that another has answered the rename', async () => {
    const [first, second] = [await create(one), await create(two)];
    const name = `key-${randomUUIDv7()}`;
    await change(one, first, { name });
    for (const [here, there] of [
      [first, second],
      [second, first],
    ] as const) {
      const kids = await Promise.all(replicas.map(async (replica) => (await encrypt(replica, name)).kid));
      expect(kids).toEqual([...replicas].fill(kids[0] as never));
      expect((await encrypt(one, here)).kid).toBe(kids[0]);
      await change(one, name, { name: `key-${randomUUIDv7()}` });
      for (const replica of replicas) expect(await encrypt(replica, name)).toMatchObject({ status: 404, code: 'elastic-key-not-found' });
      await change(two, there, { name });
    }
  });

  it('give a name once, whoever is asked', async () => {
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' };
    const answers = await Promise.all(replicas.map((replica) => replica.send(KEYS, { method: 'POST', headers: ADMIN, body })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
  });

  it('know of a reset from its answer on: old tenants are nobody’s, new ones everybody’s, whoever settles it', async () => {
    const tokenOf = async (tenants: Readonly<Record<string, string>>) => bearer(await house.issuer.token(tenants['demo'] ?? ''));
    const seen = async (headers: { authorization: string }) =>
      Promise.all(replicas.map(async (replica) => (await replica.send(KEYS, { headers })).status));
    const before = await one.tenants();
    const old = await tokenOf(before);
    expect(await seen(old)).toEqual([200, 200, 200]);
    for (const outcome of ['rollback', 'commit'] as const) {
      const reset = await one.sendAdmin('/admin/v1/demo/reset', { method: 'POST', body: {} });
      const { reset_id: id, tenants } = reset.json<{ reset_id: string; tenants: Record<string, string> }>();
      const fresh = await tokenOf(tenants);
      expect(await seen(old)).toEqual([401, 401, 401]);
      expect(await seen(fresh)).toEqual([200, 200, 200]);
      const settled = await two.sendAdmin(`/admin/v1/demo/reset/${id}/${outcome}`, { method: 'POST' });
      expect(settled.status).toBe(200);
      expect(await seen(fresh)).toEqual(outcome === 'commit' ? [200, 200, 200] : [401, 401, 401]);
      expect(await seen(old)).toEqual(outcome === 'commit' ? [401, 401, 401] : [200, 200, 200]);
    }
  });

  it('use the new database and keys of a tenant whose id comes again after a rollback', async () => {
    const body = { tenants: { demo: crypto.randomUUID(), 'demo-other': crypto.randomUUID() } };
    for (const outcome of ['rollback', 'commit'] as const) {
      const reset = await one.sendAdmin('/admin/v1/demo/reset', { method: 'POST', body });
      const claims = { scope: 'kms:read kms:write kms:crypto', roles: ['tenant-admin'] };
      const headers = bearer(await house.issuer.token(body.tenants.demo, { claims }));
      const { items } = (await one.send(KEYS, { headers })).json<{ items: { id: string; name: string }[] }>();
      const id = items.find(({ name }) => name === 'demo-encryption-key')?.id ?? '';
      for (const replica of replicas) {
        const made = await create(replica, 'A256GCM/A256KW', headers);
        for (const other of replicas) expect((await encrypt(other, made, headers)).status).toBe(200);
        expect((await encrypt(replica, id, headers)).status).toBe(200);
      }
      const { reset_id } = reset.json<{ reset_id: string }>();
      expect((await two.sendAdmin(`/admin/v1/demo/reset/${reset_id}/${outcome}`, { method: 'POST' })).status).toBe(200);
    }
  });
});
