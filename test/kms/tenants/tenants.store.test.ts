import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { serviceMigrations } from '#kms/database/migrations.ts';
import { newSchemaName } from '#kms/database/schema-name.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { KEPT_STATES, type Tenant } from '#kms/tenants/tenant.ts';
import { tenantsStore } from '#kms/tenants/tenants.store.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { writeServiceRows } from '#test/support/written-rows.ts';

const tenant = (change: Partial<Tenant> = {}): Tenant => ({
  id: randomUUID(),
  name: `tenant-${randomUUIDv7()}`,
  schemaName: newSchemaName(),
  state: 'active',
  demo: false,
  ...change,
});

describe.each(databaseKinds())('the store of tenants on %s', (kind) => {
  const setUp = async () => {
    const test = await withDatabases(kind);
    const { db } = await test.databases.open<ServiceTables>('service', serviceMigrations);
    const rows = rowsWithoutBarrier();
    return { db, rows, store: tenantsStore(db, rows), [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() };
  };

  it.each(KEPT_STATES)('has a name once among tenants that are kept, also when two are made at once, one of them %s', async (state) => {
    await using test = await setUp();
    const { name } = tenant();
    const make = (of: Tenant['state']) => test.store.insert(tenant({ name, state: of }), 1);
    await make('retired');
    await make('preparing');
    await make('removed');
    const results = await Promise.allSettled([make('active'), make(state)]);
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('changes a tenant only from the state in which it was read', async () => {
    await using test = await setUp();
    const read = tenant();
    await test.store.insert(read, 1);
    expect(await test.store.changeState(read, 'retired', 2)).toBe(true);
    expect(await test.store.changeState(read, 'retired', 3)).toBe(false);
    expect(await test.store.remove(read)).toBe(false);
    expect(await test.store.databasesToDrop()).toEqual([]);
    expect(await test.store.byId(read.id)).toEqual({ ...read, state: 'retired' });
    expect(await test.store.remove({ ...read, state: 'retired' })).toBe(true);
    expect(await test.store.databasesToDrop()).toEqual([read.schemaName]);
  });

  it('refuses a row with a state that it does not know', async () => {
    await using test = await setUp();
    const one = tenant();
    await test.store.insert(one, 1);
    const row = await test.db.selectFrom('kms_tenants').selectAll().executeTakeFirstOrThrow();
    const odd = test.rows.of(one.id).next('kms_tenants', row, { state: 'asleep' });
    await writeServiceRows(test.db, test.rows, 'kms_tenants', odd);
    await expect(test.store.byId(one.id)).rejects.toMatchObject({ code: 'internal-error' });
  });
});
