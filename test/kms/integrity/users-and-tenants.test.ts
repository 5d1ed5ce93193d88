import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Database, Databases } from '#infra/database/databases.ts';
import { serviceMigrations } from '#kms/database/migrations.ts';
import { NEW_USER, type RealmUserRow } from '#kms/database/realm-users.table.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const PASSWORD = 'correct horse battery staple';

describe.each(databaseKinds())('Who can write to the service database on %s', (kind) => {
  let test: TestDatabases;
  let house: KmsHouse;
  let kms: RunningKms;
  let attacker: Databases;
  let service: Database<ServiceTables>;
  let hash: string;
  const logged: string[] = [];

  beforeAll(async () => {
    test = await withDatabases(kind);
    const file = { users: [{ username: 'of-file', password: '{plaintext}a long password', tenant: 'none', roles: ['user'] }] };
    house = await kmsHouse({ realms: { order: ['file', 'database'], file }, change: (config) => void (config.database = test.config) });
    const quiet = noTelemetry();
    const telemetry = { ...quiet, log: { ...quiet.log, error: (message: string) => void logged.push(message) } };
    kms = await runKms(house, { demo: false, telemetry });
    attacker = await test.reopen();
    service = await attacker.open<ServiceTables>('service', serviceMigrations);
    hash = await createPasswords().hash(PASSWORD);
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  const makeTenant = async () => {
    const administrator = { username: `admin-${randomUUIDv7()}`, password: `p-${randomUUIDv7()}` };
    const name = `t-${randomUUIDv7()}`;
    const made = await kms.sendAdmin('/admin/v1/tenants', { method: 'POST', body: { name, administrator } });
    expect(made.status).toBe(201);
    const headers = basic(administrator.username, administrator.password);
    return { id: made.json<{ id: string }>().id, name, username: administrator.username, headers };
  };
  const userOf = (username: string) =>
    service.db.selectFrom('kms_realm_users').selectAll().where('username', '=', username).executeTakeFirstOrThrow();
  const set = (username: string, change: Partial<RealmUserRow>) =>
    service.db.updateTable('kms_realm_users').set(change).where('username', '=', username).execute();
  const list = async (headers: Record<string, string>) => {
    const answer = await kms.send(KEYS, { headers });
    return { status: answer.status, code: answer.json<{ code?: string }>().code };
  };
  const refused = { status: 503, code: 'row-damaged' };
  const fresh = (change: Partial<RealmUserRow>): RealmUserRow => ({
    id: randomUUIDv7(),
    username: `user-${randomUUIDv7()}`,
    password_hash: hash,
    tenant_id: randomUUID(),
    roles: '["tenant-admin"]',
    demo: 0,
    created_at: 1,
    ...NEW_USER,
    row_revision: 1,
    row_tag: null,
    ...change,
  });

  it('makes no user, neither without a tag nor with one of another user, and the log names the row', async () => {
    const victim = await makeTenant();
    const { row_tag } = await userOf(victim.username);
    for (const tag of [null, 'v1.AAAA', row_tag]) {
      const row = fresh({ tenant_id: victim.id, row_tag: tag });
      await service.db.insertInto('kms_realm_users').values(row).execute();
      expect(await list(basic(row.username, PASSWORD))).toEqual(refused);
      expect(logged.filter((line) => line.includes(row.id) && line.includes('kms_realm_users'))).not.toEqual([]);
    }
    expect((await list(victim.headers)).status).toBe(200);
  });

  it('gives no user a password: no hash of his, no plaintext although a file has some, no single iteration', async () => {
    const quick = '$pbkdf2-sha256$i=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    for (const stored of [hash, `{plaintext}${PASSWORD}`, quick]) {
      const { username, headers } = await makeTenant();
      expect((await list(headers)).status).toBe(200);
      await set(username, { password_hash: stored });
      await expect.poll(() => list(headers)).toEqual(refused);
      expect(await list(basic(username, PASSWORD))).toEqual(refused);
    }
  });

  it('moves no user to another tenant, and gives none a role', async () => {
    const victim = await makeTenant();
    for (const change of [{ tenant_id: victim.id }, { roles: '["admin"]' }, { row_revision: 2 }]) {
      const { username, headers } = await makeTenant();
      await set(username, change);
      expect(await list(headers)).toEqual(refused);
    }
  });

  it('gives no tenant the database of another, and takes nothing from the others by what he tries', async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const rows = await service.db.selectFrom('kms_tenants').selectAll().where('id', 'in', [one.id, two.id]).execute();
    const schema = (id: string) => rows.find((row) => row.id === id)?.schema_name ?? '';
    const change = (id: string, to: string) =>
      service.db.updateTable('kms_tenants').set({ schema_name: to }).where('id', '=', id).execute();
    await change(two.id, `t_${'0'.repeat(32)}`);
    await change(one.id, schema(two.id));
    await expect.poll(() => list(one.headers)).toEqual(refused);
    expect(await list(two.headers)).toEqual(refused);
    expect((await kms.send('/readyz')).status).toBe(200);
    await change(one.id, schema(one.id));
    await change(two.id, schema(two.id));
    await expect.poll(async () => (await list(one.headers)).status).toBe(200);
  });
});
