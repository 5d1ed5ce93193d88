import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Databases } from '#infra/database/databases.ts';
import { serviceMigrations, tenantMigrations } from '#kms/database/migrations.ts';
import { newSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { createTenantDirectory } from '#kms/tenants/create-directory.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { writeServiceRows } from '#test/support/written-rows.ts';

const row = (change: Record<string, unknown> = {}) => ({
  id: randomUUID() as string,
  name: `tenant-${randomUUIDv7()}`,
  schema_name: newSchemaName(),
  state: 'active' as const,
  demo: 0,
  created_at: 1,
  retired_at: null,
  description: null,
  labels: null,
  suspended_at: null,
  removal_due_at: null,
  restores_to: null,
  removed_at: null,
  ...change,
});

const unknown = { code: 'tenant-unknown', status: 404 };

describe.each(databaseKinds())('the tenant directory on %s', (kind) => {
  const setUp = async (
    options: { readonly maxOpen?: number; readonly demo?: boolean; readonly change?: (databases: Databases) => Databases } = {},
  ) => {
    const { maxOpen, demo, change: changed = (databases: Databases) => databases } = options;
    const opened = new AsyncDisposableStack();
    const test = opened.use(await withDatabases(kind));
    const { db } = await test.databases.open<ServiceTables>('service', serviceMigrations);
    const rows = rowsWithoutBarrier();
    const tagged = (each: ReturnType<typeof row>) => rows.of(each.id).first('kms_tenants', each);
    const change = async (id: string, changes: { readonly state?: string; readonly schema_name?: string }) => {
      const before = await db.selectFrom('kms_tenants').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      await writeServiceRows(db, rows, 'kms_tenants', rows.of(id).next('kms_tenants', before, changes));
    };
    const clock = { elapsed: 0 };
    const gone: string[] = [];
    const directory = opened.use(
      createTenantDirectory({
        databases: changed(test.databases),
        service: db,
        rows,
        elapsed: () => clock.elapsed,
        onGone: (id) => void gone.push(id),
        ...(maxOpen === undefined ? {} : { maxOpen }),
        ...(demo === undefined ? {} : { demo }),
      }),
    );
    return {
      databases: test.databases,
      db,
      directory,
      clock,
      gone,
      change,
      insert: (...made: readonly ReturnType<typeof row>[]) => writeServiceRows(db, rows, 'kms_tenants', ...made.map(tagged)),
      /** Tenants with a database, as they are once they have been prepared. */
      insertPrepared: async (...made: readonly ReturnType<typeof row>[]) => {
        await writeServiceRows(db, rows, 'kms_tenants', ...made.map(tagged));
        for (const { schema_name } of made) await (await test.databases.open(schema_name, tenantMigrations))[Symbol.asyncDispose]();
      },
      setState: ({ id }: { readonly id: string }, state: string) => change(id, { state }),
      remove: async ({ id }: { readonly id: string }) => void (await db.deleteFrom('kms_tenants').where('id', '=', id).execute()),
      handleOf: async ({ id }: { readonly id: string }): Promise<TenantHandle> => {
        const handle = (await directory.byId(id)) ?? (await directory.preparing(id));
        if (handle === undefined) throw new Error(`no tenant ${id}`);
        return handle;
      },
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  };

  it('finds a tenant of the demo where the demo runs; where it sleeps, by no name, and no damage of it is told', async () => {
    for (const demo of [false, true]) {
      await using test = await setUp({ demo });
      // Its database is missing.
      const tenant = row({ demo: 1 });
      await test.insert(tenant);
      const found = [await test.directory.byId(tenant.id), await test.directory.byName(tenant.name)].map((handle) => handle?.id);
      const damaged = [...(await test.directory.lookAtDamage()).keys()];
      expect([found, damaged]).toEqual(demo ? [[tenant.id, tenant.id], [tenant.id]] : [[undefined, undefined], []]);
    }
  });

  it('finds a tenant while it is active, by id and by name, and not else', async () => {
    await using test = await setUp();
    const [active, preparing, retired] = [row(), row({ state: 'preparing' }), row({ state: 'retired', retired_at: 2 })];
    await test.insert(active, preparing, retired);
    expect(await test.directory.byId(active.id)).toMatchObject({ id: active.id, name: active.name, state: 'active' });
    expect(await test.directory.byName(active.name)).toMatchObject({ id: active.id });
    for (const { id, name } of [preparing, retired, row()]) {
      expect(await test.directory.byId(id)).toBeUndefined();
      expect(await test.directory.byName(name)).toBeUndefined();
    }
    expect(await test.directory.byId(active.id.toUpperCase())).toBeUndefined();
  });

  it('finds a tenant that is being prepared only for those who prepare it', async () => {
    await using test = await setUp();
    const [active, preparing, retired] = [row(), row({ state: 'preparing' }), row({ state: 'retired', retired_at: 2 })];
    await test.insert(active, preparing, retired);
    expect(await test.directory.preparing(preparing.id)).toMatchObject({ id: preparing.id, state: 'preparing' });
    for (const { id } of [active, retired, row()]) expect(await test.directory.preparing(id)).toBeUndefined();
  });

  it('remembers a tenant for a quarter of a second at most, and forgets it at once when told so', async () => {
    await using test = await setUp();
    const one = row();
    await test.insert(one);
    expect(await test.directory.byId(one.id)).toBeDefined();
    await test.setState(one, 'retired');
    expect(await test.directory.byId(one.id)).toBeDefined();
    test.clock.elapsed += 249;
    expect(await test.directory.byId(one.id)).toBeDefined();
    test.clock.elapsed += 1;
    expect(await test.directory.byId(one.id)).toBeUndefined();
    await test.setState(one, 'active');
    expect(await test.directory.byId(one.id)).toBeDefined();
    await test.setState(one, 'retired');
    test.directory.forget();
    expect(await test.directory.byId(one.id)).toBeUndefined();
  });

  it('looks once for all who ask at the same time', async () => {
    await using test = await setUp();
    const one = row();
    await test.insert(one);
    const found = await Promise.all([test.directory.byId(one.id), test.directory.byId(one.id), test.directory.byId(one.id)]);
    expect(new Set(found).size).toBe(1);
  });

  it('opens the database of each tenant once', async () => {
    await using test = await setUp();
    const [one, two] = [row(), row()];
    await test.insertPrepared(one, two);
    const [handle, other] = [await test.handleOf(one), await test.handleOf(two)];
    const [first, again, second] = await Promise.all([handle.database(), handle.database(), other.database()]);
    expect(again).toBe(first);
    expect(first.name).toBe(one.schema_name);
    expect(second.name).toBe(two.schema_name);
    expect(await test.databases.names()).toEqual(['service', one.schema_name, two.schema_name].toSorted());
  });

  it('gives tenant and database under one lease: a handle that outlives it looks again', async () => {
    await using test = await setUp();
    const one = row();
    await test.insertPrepared(one);
    const handle = await test.handleOf(one);
    const database = await handle.database();
    await test.setState(one, 'retired');
    test.clock.elapsed += LEASE_MS - 1;
    expect(await handle.database()).toBe(database);
    test.clock.elapsed += 1;
    await expect(handle.database()).rejects.toMatchObject(unknown);
    await test.setState(one, 'active');
    expect(await handle.database()).toBe(database);
  });

  it('opens the other database of a tenant that got another one, and lets the first go', async () => {
    await using test = await setUp();
    const [one, schemaName] = [row(), newSchemaName()];
    await test.insertPrepared(one);
    await (await test.handleOf(one)).database();
    await (await test.databases.open(schemaName, tenantMigrations))[Symbol.asyncDispose]();
    await test.change(one.id, { schema_name: schemaName });
    test.clock.elapsed += LEASE_MS;
    expect((await (await test.handleOf(one)).database()).name).toBe(schemaName);
    expect(test.gone).toEqual([one.id]);
  });

  it('lets go of a tenant that is gone when it is asked for', async () => {
    await using test = await setUp();
    const one = row();
    await test.insertPrepared(one);
    await (await test.handleOf(one)).database();
    await test.remove(one);
    test.clock.elapsed += LEASE_MS;
    expect(await test.directory.byId(one.id)).toBeUndefined();
    expect(await test.directory.byId(randomUUID())).toBeUndefined();
    expect(test.gone).toEqual([one.id]);
  });

  it('opens no database whose name nobody of ours made', async () => {
    await using test = await setUp();
    const forged = row({ schema_name: 'service' });
    await test.insert(forged);
    await expect((await test.handleOf(forged)).database()).rejects.toMatchObject(unknown);
  });

  it('keeps databases usable while more are open than it holds', async () => {
    await using test = await setUp({ maxOpen: 2 });
    const rows = Array.from({ length: 5 }, () => row());
    await test.insertPrepared(...rows);
    const opened = await Promise.all(rows.map(async (one) => (await test.handleOf(one)).database()));
    // Those that left the cache may still be in use by a request.
    const counts = await Promise.all(
      opened.map(async (database) => (await database.db.selectFrom('elastic_keys').selectAll().execute()).length),
    );
    expect(counts).toEqual([0, 0, 0, 0, 0]);
    expect((await (await test.handleOf(rows[0] ?? row())).database()).name).toBe(rows[0]?.schema_name);
  });

  it.each(['preparing', 'active'])('makes no database again that was dropped while it opened it, of a tenant that is %s', async (state) => {
    const opening = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    await using test = await setUp({
      change: (databases) => ({
        ...databases,
        open: async (name, migrations, options) => {
          began.resolve();
          await opening.promise;
          return databases.open(name, migrations, options);
        },
      }),
    });
    const one = row({ state });
    await test.insert(one);
    const handle = await test.handleOf(one);
    const first = handle.database();
    await began.promise;
    await test.remove(one);
    test.clock.elapsed += LEASE_MS;
    await expect(handle.database()).rejects.toMatchObject(unknown);
    opening.resolve();
    await expect(first).rejects.toMatchObject(unknown);
    expect(await test.databases.names()).toEqual(['service']);
  });

  it('drops one database, and nothing else', async () => {
    await using test = await setUp();
    const [one, two] = [row(), row()];
    await test.insertPrepared(one, two);
    for (const each of [one, two]) await (await test.handleOf(each)).database();
    await test.directory.drop(one.schema_name);
    expect(await test.databases.names()).toEqual(['service', two.schema_name].toSorted());
    expect((await (await test.handleOf(two)).database()).name).toBe(two.schema_name);
  });

  it('tells which active tenants are closed because their databases are not there, until they are there again', async () => {
    await using test = await setUp();
    const [one, two] = [row(), row()];
    await test.insertPrepared(one, two);
    for (const each of [one, two]) await (await test.handleOf(each)).database();
    await test.databases.drop(one.schema_name);
    expect(await test.directory.lookAtDamage()).toEqual(new Map([[one.id, expect.stringContaining(`${one.schema_name} is missing`)]]));
    await (await test.databases.open(one.schema_name, tenantMigrations))[Symbol.asyncDispose]();
    expect(await test.directory.lookAtDamage()).toEqual(new Map());
    expect((await (await test.handleOf(two)).database()).name).toBe(two.schema_name);
  });

  it('makes no empty database in place of one that is lost, unless its tenant is being prepared', async () => {
    await using test = await setUp();
    const [active, preparing] = [row(), row({ state: 'preparing' })];
    await test.insert(active, preparing);
    const missing = { code: 'database-missing', status: 503, fix: expect.stringContaining('Restore it from a backup') };
    await expect((await test.handleOf(active)).database()).rejects.toMatchObject(missing);
    expect(await test.databases.names()).toEqual(['service']);
    expect((await (await test.handleOf(preparing)).database()).name).toBe(preparing.schema_name);
    expect(await test.databases.names()).toEqual(['service', preparing.schema_name]);
  });
});
