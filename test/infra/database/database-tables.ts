import type { Generated } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** Tables that use every column type there is. */
export interface TestTables {
  things: { id: string; name: string; bytes: Uint8Array | null; at: number; flag: number; json: string };
  parts: { id: string; thing_id: string };
  counters: { name: string; value: Generated<number> };
}

export const thingsMigration: Migration = {
  name: '0001-things',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('things')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('bytes', type.bytes)
      .addColumn('at', type.millis, (column) => column.notNull())
      .addColumn('flag', type.flag, (column) => column.notNull())
      .addColumn('json', type.json, (column) => column.notNull())
      .execute();
    await db.schema.createIndex('things_name').unique().on('things').column('name').execute();
    await db.schema
      .createTable('parts')
      .addColumn('id', 'text', (column) => column.primaryKey())
      .addColumn('thing_id', 'text', (column) => column.notNull().references('things.id').onDelete('cascade'))
      .execute();
  },
};

export const countersMigration: Migration = {
  name: '0002-counters',
  up: async (db) => {
    await db.schema
      .createTable('counters')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('value', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.insertInto('counters').values({ name: 'migrations' }).execute();
  },
};

/** Counts how often it ran, which must be once. */
const countingMigration: Migration = {
  name: '0003-counting',
  up: async (db) => {
    await db
      .updateTable('counters')
      .set((eb) => ({ value: eb('value', '+', 1) }))
      .where('name', '=', 'migrations')
      .execute();
  },
};

export const testMigrations: readonly Migration[] = [thingsMigration, countersMigration, countingMigration];

export const thing = (
  fields: Pick<TestTables['things'], 'id' | 'name'> & Partial<TestTables['things']>,
): { id: string; name: string; bytes: Uint8Array | null; at: number; flag: number; json: string } => ({
  bytes: null,
  at: Date.now(),
  flag: 0,
  json: '{}',
  ...fields,
});
