import { randomUUIDv7 } from 'node:crypto';
import { type Generated, sql } from 'kysely';
import { columns } from '#infra/database/columns.ts';
import type { Migration } from '#infra/database/migration.ts';

/** One revocation, for the feed to resource servers. Times are epoch milliseconds. */
export interface RevocationRow {
  /** In the order of writing; unlike `seq` with gaps, and a lower one may be committed later. */
  written: Generated<number>;
  /** UUIDv7; the `jti` of its security event token. */
  id: string;
  /** A `RevocationEvent` as JSON. */
  event: string;
  /** Of the token that it is about; null where it is about tokens of any audience. */
  audience: string | null;
  at: number;
  /** No token that it concerns is alive after it, and the row is forgotten. */
  ends_at: number;
  /** Its number in the feed; null until a replica has given it one, which is after its transaction was committed. */
  seq: number | null;
}

/** The newest number that was given; one row. */
export interface RevocationHeadRow {
  name: string;
  seq: number;
  /** Of the revocation with that number; of nobody while it is 0. */
  id: string;
}

export interface RevocationTables {
  revocations: RevocationRow;
  revocation_head: RevocationHeadRow;
}

export const revocationMigration: Migration = {
  name: '0009-revocations',
  up: async (db, kind) => {
    const type = columns(kind);
    await db.schema
      .createTable('revocations')
      .addColumn('written', type.millis, (column) =>
        kind === 'sqlite' ? column.primaryKey().autoIncrement() : column.primaryKey().generatedAlwaysAsIdentity(),
      )
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('event', type.json, (column) => column.notNull())
      .addColumn('audience', 'text')
      .addColumn('at', type.millis, (column) => column.notNull())
      .addColumn('ends_at', type.millis, (column) => column.notNull())
      .addColumn('seq', type.millis, (column) => column.unique())
      .execute();
    await db.schema.createIndex('revocations_ends_at').on('revocations').column('ends_at').execute();
    await db.schema.createIndex('revocations_unnumbered').on('revocations').column('written').where(sql.ref('seq'), 'is', null).execute();
    await db.schema
      .createTable('revocation_head')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('seq', type.millis, (column) => column.notNull())
      .addColumn('id', 'text', (column) => column.notNull())
      .execute();
    await db.insertInto('revocation_head').values({ name: 'feed', seq: 0, id: randomUUIDv7() }).execute();
  },
};
