import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Databases } from '#infra/database/databases.ts';
import { LEASE_MS } from '#kms/database/leases.ts';
import { serviceMigrations, tenantMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { isSchemaName, isTenantId, newSchemaName } from '#kms/tenants/tenant.ts';
import { createTenantDatabases } from '#kms/tenants/tenant-databases.ts';
import { createTenants } from '#kms/tenants/tenants.service.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';

describe('ids and names', () => {
  it('take exactly a UUIDv4 in lower case for a tenant', () => {
    const id = randomUUID();
    expect(isTenantId(id)).toBe(true);
    for (const other of [id.toUpperCase(), randomUUIDv7(), `${id} `, `${id}\n`, id.replaceAll('-', ''), `{${id}}`, '', "' or '1'='1"]) {
      expect(isTenantId(other)).toBe(false);
    }
  });

  it('make schema names that depend on nothing a caller sent', () => {
    const name = newSchemaName();
    expect(name).toMatch(/^t_[0-9a-f]{32}$/);
    expect(isSchemaName(name)).toBe(true);
    for (const other of ['t_x', `${name}"; drop schema public`, `${name}\n`, name.toUpperCase(), '../t_', 'service'])
      expect(isSchemaName(other)).toBe(false);
  });
});

const row = (change: Record<string, unknown> = {}) => ({
  id: randomUUID() as string,
  name: `tenant-${randomUUIDv7()}`,
  schema_name: newSchemaName(),
  state: 'active' as const,
  demo: 0,
  created_at: 1,
  retired_at: null,
  ...change,
});
/** A tenant with a database, as it is once it has been prepared. */
const insertTenants = async (test: TestDatabases, db: Kysely<ServiceTables>, tenants: readonly ReturnType<typeof row>[]): Promise<void> => {
  await db
    .insertInto('kms_tenants')
    .values([...tenants])
    .execute();
  for (const { schema_name } of tenants) await (await test.databases.open(schema_name, tenantMigrations))[Symbol.asyncDispose]();
};
const service = (test: TestDatabases) => test.databases.open<ServiceTables>('service', serviceMigrations);

describe.each(databaseKinds())('tenants on %s', (kind) => {
  it('are found while they are active, by id and by name, and not else', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    const tenants = createTenants(db);
    const [active, preparing, retired] = [row(), row({ state: 'preparing' }), row({ state: 'retired', retired_at: 2 })];
    await db.insertInto('kms_tenants').values([active, preparing, retired]).execute();
    expect(await tenants.byId(active.id)).toMatchObject({ id: active.id, name: active.name });
    expect(await tenants.byName(active.name)).toMatchObject({ id: active.id });
    for (const { id, name } of [preparing, retired, row()]) {
      expect(await tenants.byId(id)).toBeUndefined();
      expect(await tenants.byName(name)).toBeUndefined();
    }
    expect(await tenants.byId(active.id.toUpperCase())).toBeUndefined();
  });

  it('have a name once while they are active, also when two are made at once', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    const { name } = row();
    const make = (state: string) => db.insertInto('kms_tenants').values(row({ name, state })).execute();
    await make('retired');
    await make('preparing');
    const results = await Promise.allSettled([make('active'), make('active')]);
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('are remembered for a quarter of a second at most, and forgotten at once when told so', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    const clock = { elapsed: 0 };
    const tenants = createTenants(db, { elapsed: () => clock.elapsed });
    const one = row();
    await db.insertInto('kms_tenants').values(one).execute();
    expect(await tenants.byId(one.id)).toBeDefined();
    await db.updateTable('kms_tenants').set({ state: 'retired' }).where('id', '=', one.id).execute();
    expect(await tenants.byId(one.id)).toBeDefined();
    clock.elapsed += 249;
    expect(await tenants.byId(one.id)).toBeDefined();
    clock.elapsed += 1;
    expect(await tenants.byId(one.id)).toBeUndefined();
    await db.updateTable('kms_tenants').set({ state: 'active' }).where('id', '=', one.id).execute();
    expect(await tenants.byId(one.id)).toBeDefined();
    await db.updateTable('kms_tenants').set({ state: 'retired' }).where('id', '=', one.id).execute();
    tenants.forget();
    expect(await tenants.byId(one.id)).toBeUndefined();
  });

  it('have databases of their own, opened once and only for tenants that are there', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    await using databases = createTenantDatabases({ databases: test.databases, service: db });
    const [one, two] = [row(), row()];
    await insertTenants(test, db, [one, two]);
    const [first, again, other] = await Promise.all([databases.of(one.id), databases.of(one.id), databases.of(two.id)]);
    expect(again).toBe(first);
    expect(first.name).toBe(one.schema_name);
    expect(other.name).toBe(two.schema_name);
    for (const id of [randomUUID(), "' or 1=1 --", ''])
      await expect(databases.of(id)).rejects.toMatchObject({ code: 'tenant-unknown', status: 404 });
    expect(await test.databases.names()).toEqual(['service', one.schema_name, two.schema_name].toSorted());
  });

  it('are refused a database whose name nobody of ours made', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    await using databases = createTenantDatabases({ databases: test.databases, service: db });
    const forged = row({ schema_name: 'service' });
    await db.insertInto('kms_tenants').values(forged).execute();
    await expect(databases.of(forged.id)).rejects.toMatchObject({ code: 'tenant-unknown' });
  });

  it('keep their databases usable while more are open than the cache holds', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    await using databases = createTenantDatabases({ databases: test.databases, service: db, maxOpen: 2 });
    const rows = Array.from({ length: 5 }, () => row());
    await insertTenants(test, db, rows);
    const opened = await Promise.all(rows.map(({ id }) => databases.of(id)));
    // Those that left the cache may still be in use by a request.
    const counts = await Promise.all(
      opened.map(async (database) => (await database.db.selectFrom('elastic_keys').selectAll().execute()).length),
    );
    expect(counts).toEqual([0, 0, 0, 0, 0]);
    expect((await databases.of(rows[0]?.id ?? '')).name).toBe(rows[0]?.schema_name);
  });

  it.each(['preparing', 'active'])(
    'are looked for anew when a look has been under way for a lease, and %s get no database back that was dropped',
    async (state) => {
      await using test = await withDatabases(kind);
      const { db } = await service(test);
      const opening = Promise.withResolvers<void>();
      const began = Promise.withResolvers<void>();
      const slow: Databases = {
        ...test.databases,
        open: async (name, migrations, options) => {
          began.resolve();
          await opening.promise;
          return test.databases.open(name, migrations, options);
        },
      };
      const clock = { elapsed: 0 };
      await using databases = createTenantDatabases({ databases: slow, service: db, elapsed: () => clock.elapsed });
      const one = row({ state });
      await db.insertInto('kms_tenants').values(one).execute();
      const first = databases.of(one.id);
      await began.promise;
      expect(databases.of(one.id)).toBe(first);
      await db.deleteFrom('kms_tenants').where('id', '=', one.id).execute();
      clock.elapsed += LEASE_MS;
      const unknown = { code: 'tenant-unknown', status: 404 };
      await expect(databases.of(one.id)).rejects.toMatchObject(unknown);
      opening.resolve();
      await expect(first).rejects.toMatchObject(unknown);
      expect(await test.databases.names()).toEqual(['service']);
    },
  );

  it('lose their database when it is dropped, and nothing else', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    await using databases = createTenantDatabases({ databases: test.databases, service: db });
    const [one, two] = [row(), row()];
    await insertTenants(test, db, [one, two]);
    await databases.of(one.id);
    await databases.of(two.id);
    await databases.drop(one.schema_name);
    expect(await test.databases.names()).toEqual(['service', two.schema_name].toSorted());
    expect((await databases.of(two.id)).name).toBe(two.schema_name);
  });

  it('get no empty database in place of one that is lost, unless they are being prepared', async () => {
    await using test = await withDatabases(kind);
    const { db } = await service(test);
    await using databases = createTenantDatabases({ databases: test.databases, service: db });
    const [active, retired, preparing] = [row(), row({ state: 'retired', retired_at: 2 }), row({ state: 'preparing' })];
    await db.insertInto('kms_tenants').values([active, retired, preparing]).execute();
    const missing = { code: 'database-missing', status: 503, fix: expect.stringContaining('Restore it from a backup') };
    for (const { id } of [active, retired]) await expect(databases.of(id)).rejects.toMatchObject(missing);
    expect(await test.databases.names()).toEqual(['service']);
    expect((await databases.of(preparing.id)).name).toBe(preparing.schema_name);
    expect(await test.databases.names()).toEqual(['service', preparing.schema_name]);
  });
});
