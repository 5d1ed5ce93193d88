import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const headers = basic('demo-tenant-admin', 'demo-tenant-admin-password');

interface State {
  readonly root: { readonly id: string; readonly version: number };
  readonly intermediate: { readonly id: string; readonly version: number };
  readonly older_intermediates: number;
  readonly tenants: number;
  readonly older_content_keys: number;
  readonly made?: number;
}

describe.each(databaseKinds())('Operators rotate the barrier of a KMS on %s', (kind) => {
  let test: TestDatabases;
  let house: KmsHouse;
  let kms: RunningKms;
  beforeAll(async () => {
    test = await withDatabases(kind);
    house = await kmsHouse({ change: (config) => (config.database = test.config) });
    kms = await runKms(house);
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  const state = async () => (await kms.sendAdmin('/admin/v1/barrier')).json<State>();
  const rotate = (body: Record<string, unknown>) => kms.sendAdmin('/admin/v1/barrier/rotation', { method: 'POST', body });
  const create = async (on = kms) => {
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
    return (await on.send(KEYS, { method: 'POST', headers, body })).json<{ id: string }>().id;
  };
  const encrypt = async (id: string, on = kms) => {
    const answer = await on.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers, body: { plaintext: 'c2VjcmV0' } });
    return { status: answer.status, ciphertext: answer.json<{ ciphertext?: string }>().ciphertext ?? '' };
  };
  const decrypt = async (id: string, ciphertext: string, on = kms) =>
    (await on.send(`${KEYS}/${id}/decrypt`, { method: 'POST', headers, body: { ciphertext } })).status;

  it('at every level while requests go on, of which none fails', async () => {
    const id = await create();
    const first = await encrypt(id);
    const before = await state();
    const over = new AbortController();
    const statuses: number[] = [];
    const worker = async () => {
      while (!over.signal.aborted) {
        const made = await create();
        const { status, ciphertext } = await encrypt(made);
        statuses.push(status, await decrypt(made, ciphertext), (await encrypt(id)).status);
      }
    };
    const workers = [worker(), worker(), worker()];
    for (const level of ['root', 'intermediate', 'content', 'root', 'content', 'intermediate']) {
      expect((await rotate({ level })).status).toBe(200);
    }
    over.abort();
    await Promise.all(workers);
    expect(statuses.length).toBeGreaterThan(10);
    expect([...new Set(statuses)]).toEqual([200]);
    const after = await state();
    expect([after.root.version - before.root.version, after.intermediate.version - before.intermediate.version]).toEqual([2, 2]);
    expect(after).toMatchObject({ tenants: before.tenants, older_content_keys: 2 * before.tenants, older_intermediates: 2 });
    expect(await decrypt(id, first.ciphertext)).toBe(200);

    await using restarted = await runKms(house);
    expect(await decrypt(id, first.ciphertext, restarted)).toBe(200);
    expect((await restarted.send('/readyz')).status).toBe(200);
  });

  it('for one tenant or for all, and hear how many keys were made', async () => {
    const { tenants, older_content_keys: older } = await state();
    const { demo = '' } = await kms.tenants();
    expect((await rotate({ level: 'content', tenant_id: demo })).json()).toMatchObject({ made: 1, older_content_keys: older + 1 });
    expect((await rotate({ level: 'content' })).json()).toMatchObject({ made: tenants, older_content_keys: older + 1 + tenants });
    expect((await rotate({ level: 'content', tenant_id: randomUUID() })).json()).toMatchObject({ status: 404, code: 'tenant-unknown' });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a level that there is not', { level: 'master' }, '/level'],
    ['no level', {}, '/level'],
    ['a tenant that is no id', { level: 'content', tenant_id: 'demo' }, '/tenant_id'],
    ['a tenant with the root key', { level: 'root', tenant_id: randomUUID() }, '/tenant_id'],
  ])('but not with %s, and hear which member is wrong', async (_, body, field) => {
    const before = await state();
    const response = await rotate(body);
    expect(response.status).toBe(400);
    expect(response.json<{ errors: { field: string }[] }>().errors.map((error) => error.field)).toContain(field);
    expect(await state()).toEqual(before);
  });

  it('and not while it is sealed', async () => {
    await kms.sendAdmin('/admin/v1/seal', { method: 'POST' });
    expect((await rotate({ level: 'root' })).json()).toMatchObject({ status: 503, code: 'sealed' });
    expect((await kms.sendAdmin('/admin/v1/barrier')).json()).toMatchObject({ status: 503, code: 'sealed' });
  });
});

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('Replicas of a KMS on one PostgreSQL', () => {
  it('follow what operators rotate at any of them, at the same time too, and no request of any fails', async () => {
    await using test = await withDatabases('postgres');
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    const [one, two] = await Promise.all([runKms(house), runKms(house)]);
    await using _one = one;
    await using _two = two;
    const rotate = async (on: RunningKms, level: string) =>
      (await on.sendAdmin('/admin/v1/barrier/rotation', { method: 'POST', body: { level } })).status;
    const create = async (on: RunningKms) => {
      const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
      return (await on.send(KEYS, { method: 'POST', headers, body })).json<{ id: string }>().id;
    };
    const encrypt = async (on: RunningKms, id: string) =>
      (await on.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers, body: { plaintext: 'c2VjcmV0' } })).status;
    const both = [one, two];
    for (const level of ['content', 'intermediate', 'root', 'content', 'root']) {
      expect(await Promise.all(both.map((on) => rotate(on, level)))).toEqual([200, 200]);
      const made = await Promise.all(both.map(create));
      for (const id of made) expect(await Promise.all(both.map((on) => encrypt(on, id)))).toEqual([200, 200]);
    }
  });
});
