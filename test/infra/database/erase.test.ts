import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { DatabaseConfig } from '#infra/database/config.ts';
import type { Migration } from '#infra/database/migration.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';

interface Tables {
  secrets: { id: number; secret: string; remark: string };
}

const createSecrets: Migration = {
  name: '0001-secrets',
  up: async (db) => {
    await db.schema
      .createTable('secrets')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('secret', 'text', (column) => column.notNull())
      .addColumn('remark', 'text', (column) => column.notNull())
      .execute();
  },
};

/** Numbers below `end` that look random and are the same in every run. @see Park and Miller, Communications of the ACM 31 (1988), 1192 */
const sequence = (): ((end: number) => number) => {
  let state = 4711;
  return (end) => (state = (state * 48_271) % 2_147_483_647) % end;
};

const secretOf = (id: number): string => `secret-${id.toString().padStart(5, '0')}-`.repeat(20 + (id % 40));

/** Rows of which each is where it is because of how the others grew and shrank. */
const fill = async (tx: Kysely<Tables>, steps: number): Promise<readonly number[]> => {
  const next = sequence();
  let rows = 0;
  for (let step = 0; step < steps; step += 1) {
    if (rows < 5 || next(10) < 4)
      await tx
        .insertInto('secrets')
        .values({ id: ++rows, secret: secretOf(rows), remark: '' })
        .execute();
    else
      await tx
        .updateTable('secrets')
        .set({ remark: 'r'.repeat(next(1_200)) })
        .where('id', '=', 1 + next(rows))
        .execute();
  }
  return Array.from({ length: rows }, (_, index) => index + 1);
};

/** All bytes in which the database may hold the table. */
const bytesOf = async (config: DatabaseConfig, db: Kysely<Tables>): Promise<Buffer> => {
  if (config.kind === 'sqlite') {
    const files = (await readdir(config.directory)).filter((file) => file.startsWith('erased'));
    return Buffer.concat(await Promise.all(files.map((file) => readFile(join(config.directory, file)))));
  }
  await sql`checkpoint`.execute(db);
  const { rows } = await sql<{ content: Uint8Array }>`
    select pg_read_binary_file(pg_relation_filepath('erased.secrets'::regclass)) as content`.execute(db);
  return Buffer.from(rows[0]?.content ?? []);
};

const foundOf = (ids: readonly number[], bytes: Buffer): number => ids.filter((id) => bytes.includes(secretOf(id).slice(0, 26))).length;

describe.each(databaseKinds())('erase on %s', (kind) => {
  it('takes what was overwritten out of the files, where nothing else does, and leaves all other rows', async () => {
    await using test = await withDatabases(kind);
    await using database = await test.databases.open<Tables>('erased', [createSecrets]);
    const { db } = database;
    const ids = await database.transaction((tx) => fill(tx, kind === 'sqlite' ? 3_000 : 300));
    const [gone, kept] = [ids.filter((id) => id % 3 === 0), ids.filter((id) => id % 3 !== 0)];
    await db
      .updateTable('secrets')
      .set({ secret: '' })
      .where(sql<boolean>`id % 3 = 0`)
      .execute();
    if (kind === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(db);
    else await sql`vacuum erased.secrets`.execute(db);
    // `secure_delete` of SQLite does not know where a row was before it was moved, and VACUUM of PostgreSQL clears no bytes.
    expect(foundOf(gone, await bytesOf(test.config, db))).toBeGreaterThan(0);

    await database.erase(['secrets']);
    const bytes = await bytesOf(test.config, db);
    expect([foundOf(gone, bytes), foundOf(kept, bytes)]).toEqual([0, kept.length]);
    expect((await db.selectFrom('secrets').select('secret').where('id', '=', 1).executeTakeFirst())?.secret).toBe(secretOf(1));
  });
});
