import { randomUUID, randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { UpdateResult } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { MaterialKeyRow } from '#kms/database/material-keys.table.ts';
import type { KmsEvent } from '#kms/events.ts';
import { serviceMigrations, tenantMigrations } from '#kms/database/migrations.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { canonicalRow } from '#kms/integrity/canonical-row.ts';
import { changeRow } from '#kms/integrity/change-row.ts';
import { columnsOf } from '#kms/integrity/tagged-tables.ts';
import { lookAtTenants } from '#kms/tenants/damaged-tenants.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { rowsWithoutBarrier } from '#test/support/row-integrity.ts';

const newRow = (): Omit<MaterialKeyRow, 'row_revision' | 'row_tag'> => ({
  id: randomUUIDv7(),
  elastic_key_id: randomUUIDv7(),
  version: 1,
  state: 'active',
  wrapped: randomUUIDv7(),
  protections_reserved: 0,
  created_at: 1,
  deactivated_at: null,
  revoked_at: null,
  revocation_reason: null,
  revocation_comment: null,
  revoked_processes: null,
  deletion_due_at: null,
  destroyed_at: null,
  imported_kid: null,
});

const damaged = expect.objectContaining({ code: 'row-damaged', status: 503 });
const thrown = (run: () => unknown): unknown => {
  try {
    run();
    return 'taken';
  } catch (error) {
    return error;
  }
};

describe('A tag', () => {
  it('is good for the row that it was made for, and for none that differs in one column', () => {
    const rows = rowsWithoutBarrier().of(randomUUID());
    const row = rows.first('material_keys', newRow());
    expect(rows.checked('material_keys', row, {})).toEqual(row);
    const changes: readonly Partial<MaterialKeyRow>[] = [
      { id: randomUUIDv7() },
      { elastic_key_id: randomUUIDv7() },
      { version: 2 },
      { state: 'deactivated' },
      { wrapped: `${row.wrapped}x` },
      { protections_reserved: 1 },
      { created_at: 2 },
      { created_at: 1.5 },
      { deactivated_at: 1 },
      { row_revision: 2 },
      { row_tag: null },
      { row_tag: '' },
    ];
    for (const change of changes) {
      expect(
        thrown(() => rows.checked('material_keys', { ...row, ...change }, {})),
        JSON.stringify(change),
      ).toEqual(damaged);
    }
  });

  it('is of no use for a row that is another one than was asked for', () => {
    const rows = rowsWithoutBarrier().of(randomUUID());
    const row = rows.first('material_keys', newRow());
    const { id, elastic_key_id } = row;
    expect(rows.checked('material_keys', row, { id, elastic_key_id, deactivated_at: null, state: undefined })).toEqual(row);
    for (const asked of [
      { id: randomUUIDv7() },
      { id, elastic_key_id: randomUUIDv7() },
      { id, deactivated_at: 1 },
      { state: 'compromised' },
    ]) {
      expect(
        thrown(() => rows.checked('material_keys', row, asked)),
        JSON.stringify(asked),
      ).toEqual(damaged);
    }
  });

  it('is good for no other tenant, and for no other table', () => {
    const integrity = rowsWithoutBarrier();
    const [tenant, other] = [integrity.of(randomUUID()), integrity.of(randomUUID())];
    const row = tenant.first('material_keys', newRow());
    expect(thrown(() => other.checked('material_keys', row, {}))).toEqual(damaged);
    const place = { id: row.id, tenantId: randomUUID(), revision: 1 };
    expect(canonicalRow({ ...place, table: 'material_keys' }, { ...row })).not.toEqual(
      canonicalRow({ ...place, table: 'elastic_keys' }, { ...row }),
    );
  });

  it('covers bytes that no two rows have in common, wherever their texts begin and end', () => {
    const columns = columnsOf('material_keys', {});
    const value = fc.oneof(fc.string({ maxLength: 3 }), fc.integer({ min: -2, max: 12 }), fc.constant(null));
    const values = fc.array(value, { minLength: columns.length, maxLength: columns.length });
    const place = { table: 'material_keys', id: 'id', tenantId: 'tenant', revision: 1 } as const;
    const bytesOf = (row: readonly unknown[]) =>
      canonicalRow(place, Object.fromEntries(columns.map((column, index) => [column, row[index]])))?.toString('hex');
    fc.assert(
      fc.property(values, fc.nat({ max: columns.length - 2 }), (row, at) => {
        // One character goes from the end of a column to the start of the next.
        const [left, right] = [String(row[at]), String(row[at + 1])];
        const moved = row.with(at, left.slice(0, -1)).with(at + 1, `${left.slice(-1)}${right}`);
        fc.pre(JSON.stringify(moved) !== JSON.stringify(row));
        expect(bytesOf(moved)).not.toBe(bytesOf(row));
        expect(bytesOf(row.with(at, null))).not.toBe(bytesOf(row.with(at, 'null')));
        expect(bytesOf(row.with(at, 1))).not.toBe(bytesOf(row.with(at, '1')));
      }),
    );
  });

  it('is not there for a row of a tenant whose id is no id', () => {
    const rows = rowsWithoutBarrier();
    const row = rows.of(randomUUID()).first('material_keys', newRow());
    expect(thrown(() => rows.of('x'.repeat(5_000)).checked('material_keys', row, {}))).toEqual(damaged);
  });
});

describe('A row that is refused', () => {
  it('is told of once in ten minutes, named in the readiness look, and forgotten there once it is found whole or is not met any more', async () => {
    const events: KmsEvent[] = [];
    const tenantId = randomUUID();
    const clock = { elapsed: 0 };
    const integrity = rowsWithoutBarrier(
      (event) => void events.push(event),
      () => clock.elapsed,
    );
    const rows = integrity.of(tenantId);
    const row = rows.first('material_keys', newRow());
    const run = lookAtTenants({ lookAtDamage: async () => new Map() }, integrity).run;
    const look = async () => run(new AbortController().signal);
    const meet = () => expect(thrown(() => rows.checked('material_keys', { ...row, version: 2 }, {}))).toEqual(damaged);
    const told = { type: 'row-damaged', table: 'material_keys', id: row.id, tenantId };
    for (let turn = 0; turn < 3; turn += 1) meet();
    expect(events).toEqual([told]);
    await expect(look()).rejects.toMatchObject({ code: 'tenant-damaged', message: expect.stringContaining(row.id) });
    rows.checked('material_keys', row, {});
    await expect(look()).resolves.toBeUndefined();
    meet();
    clock.elapsed += 599_999;
    meet();
    expect(events).toEqual([told, told]);
    clock.elapsed += 1;
    meet();
    expect(events).toEqual([told, told, told]);
    clock.elapsed += 600_000;
    await expect(look()).resolves.toBeUndefined();
  });
});

it('A change of a row that something in the database keeps back ends with an error that says so', async () => {
  const rows = rowsWithoutBarrier().of(randomUUID());
  const row = rows.first('material_keys', newRow());
  const change = changeRow({
    read: async () => row,
    change: (before) => rows.next('material_keys', before, { state: 'deactivated' }),
    write: async () => new UpdateResult(0n, undefined),
  });
  await expect(change).rejects.toMatchObject({ code: 'row-busy', status: 503 });
});

describe.each(databaseKinds())('The tables whose rows decide, on %s', (kind) => {
  it('have no column that a tag does not cover', async () => {
    await using test = await withDatabases(kind);
    const service = await test.databases.open<ServiceTables>('service', serviceMigrations);
    const tenant = await test.databases.open<TenantTables>('t_columns', tenantMigrations);
    const tables = [...(await service.db.introspection.getTables()), ...(await tenant.db.introspection.getTables())];
    for (const table of ['kms_tenants', 'kms_realm_users', 'elastic_keys', 'material_keys'] as const) {
      const columns = tables.find(({ name }) => name === table)?.columns.map(({ name }) => name);
      expect(columns?.toSorted(), table).toEqual([...columnsOf(table, {}), 'row_revision', 'row_tag'].toSorted());
    }
  });

  it('are not read while the barrier is sealed', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    kms.barrier.seal();
    expect(kms.rows.isReadable()).toBe(false);
    expect(thrown(() => kms.rows.of(kms.tenantId).first('material_keys', newRow()))).toMatchObject({ code: 'sealed', status: 503 });
  });
});
