import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turnOfTheLoop, setTimeout as delay } from 'node:timers/promises';
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

  it('lets others read meanwhile', async () => {
    await using test = await withDatabases(kind);
    await using database = await test.databases.open<Tables>('erased', [createSecrets]);
    await using other = await test.databases.open<Tables>('other', [createSecrets]);
    await database.transaction((tx) => fill(tx, 300));
    expect(await database.size(['secrets'])).toBeGreaterThan(100 * 500);
    const erasure = database.erase(['secrets']).then(() => 'erased' as const);
    const read = async (): Promise<'read'> => {
      await (kind === 'sqlite' ? database : other).db.selectFrom('secrets').select('id').limit(1).execute();
      await turnOfTheLoop();
      return 'read';
    };
    let reads = 0;
    while ((await Promise.race([erasure, read()])) === 'read') reads += 1;
    expect(reads).toBeGreaterThan(5);
  });

  it('keeps nobody waiting for more than about a second where the tables are not free', async () => {
    await using test = await withDatabases(kind);
    await using database = await test.databases.open<Tables>('erased', [createSecrets]);
    const { db } = database;
    await fill(db, 10);
    const elsewhere = await test.reopen();
    await using held = await elsewhere.open<Tables>('erased', [createSecrets]);
    const began = performance.now();
    const { outcomes, write } = await held.transaction(async (tx) => {
      await tx.selectFrom('secrets').select('id').execute();
      const asked = Promise.allSettled([database.erase(['secrets'])]);
      // Nothing on PostgreSQL keeps a write to another table waiting; on SQLite it is that of the file.
      const [first] = await Promise.allSettled([kind === 'sqlite' ? db.updateTable('secrets').set({ remark: '' }).execute() : asked]);
      if (kind === 'postgres') await db.selectFrom('secrets').select('id').execute();
      // In an object, because the transaction is not to wait for it.
      return { outcomes: asked, write: first };
    });
    expect(performance.now() - began).toBeLessThan(4_000);
    const busy = { status: 'rejected', reason: { code: 'database-busy' } };
    const done = { status: 'fulfilled' };
    expect([write, ...(await outcomes)]).toMatchObject(kind === 'sqlite' ? [busy, done] : [done, busy]);
  });
});

describe.runIf(databaseKinds().includes('postgres'))('A table of PostgreSQL', () => {
  it('is erased once the writes from before have ended, also those in other databases of the server', async () => {
    await using test = await withDatabases('postgres');
    await using elsewhere = await withDatabases('postgres');
    await using database = await test.databases.open<Tables>('erased', [createSecrets]);
    await using other = await elsewhere.databases.open<Tables>('other', [createSecrets]);
    const { db } = database;
    await db
      .insertInto('secrets')
      .values({ id: 1, secret: secretOf(1), remark: '' })
      .execute();
    const { erasure } = await other.transaction(async (tx) => {
      await tx.insertInto('secrets').values({ id: 1, secret: '', remark: '' }).execute();
      await db.updateTable('secrets').set({ secret: '' }).execute();
      const asked = database.erase(['secrets']);
      // Not before it was begun: it looks for those that are open.
      const first = await Promise.race([asked.then(() => 'erased'), delay(150, 'waits')]);
      expect(first).toBe('waits');
      return { erasure: asked };
    });
    await erasure;
    expect(foundOf([1], await bytesOf(test.config, db))).toBe(0);
  });

  it('that is held takes the connections of its own schema alone: those of the others go on', async () => {
    await using test = await withDatabases('postgres');
    const databases = await test.reopen(4);
    await using database = await databases.open<Tables>('erased', [createSecrets]);
    await using other = await databases.open<Tables>('other', [createSecrets]);
    await using holder = await test.databases.open<Tables>('erased', [createSecrets]);
    const reads = await holder.transaction(async (tx) => {
      await sql`lock table erased.secrets in access exclusive mode`.execute(tx);
      const waiting = Promise.all(Array.from({ length: 12 }, () => database.db.selectFrom('secrets').select('id').execute()));
      const answers = Promise.all(Array.from({ length: 4 }, () => other.db.selectFrom('secrets').select('id').execute()));
      expect(await Promise.race([answers.then(() => 'answers'), waiting.then(() => 'waiting')])).toBe('answers');
      return { waiting };
    });
    expect(await reads.waiting).toHaveLength(12);
  });
});
