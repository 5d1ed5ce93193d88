import { randomUUIDv7 } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database, Databases } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { type TestTables, testMigrations, thing } from '#test/infra/database/database-tables.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

let folder: Awaited<ReturnType<typeof temporaryDirectory>>;
let directory: string;
let databases: Databases;
const file = (name: string): string => join(directory, `${name}.sqlite`);

beforeEach(async () => {
  folder = await temporaryDirectory();
  directory = join(folder.path, 'nested', 'data');
  databases = await openDatabases({ kind: 'sqlite', directory });
});

afterEach(async () => {
  await databases[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const filled = async (name: string, rows: number): Promise<void> => {
  await using database = await databases.open<TestTables>(name, testMigrations);
  await database.transaction(async (tx) => {
    for (let row = 0; row < rows; row += 1) {
      const id = randomUUIDv7();
      await tx
        .insertInto('things')
        .values(thing({ id, name: `${id} ${'x'.repeat(200)}` }))
        .execute();
    }
  });
};

const pragma = async ({ db }: Pick<Database<TestTables>, 'db'>, name: string) =>
  Object.values((await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(db)).rows[0] ?? {})[0];

describe('a SQLite file', () => {
  it('is for its owner alone, and so are the files beside it', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    await database.db
      .insertInto('things')
      .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
      .execute();
    const files = await readdir(directory);
    expect(files.toSorted()).toEqual(['service.sqlite', 'service.sqlite-shm', 'service.sqlite-wal']);
    const modes = await Promise.all(files.map(async (each) => (await stat(join(directory, each))).mode & 0o777));
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it('syncs its log at every commit and checks foreign keys', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    expect(await pragma(database, 'journal_mode')).toBe('wal');
    expect(await pragma(database, 'synchronous')).toBe(2);
    expect(await pragma(database, 'foreign_keys')).toBe(1);
  });

  it('does not sync its log for what may be lost, and syncs it for whatever comes after, also after what failed', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    const { unsynced } = database;
    const failing = unsynced.transaction(async (tx) => {
      expect(await pragma({ db: tx }, 'synchronous')).toBe(1);
      throw new RangeError('not so');
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await pragma(database, 'synchronous')).toBe(2);
    expect(await pragma(unsynced, 'synchronous')).toBe(1);
    await expect(sql.raw('select nothing').execute(unsynced.db)).rejects.toThrow('nothing');
    await database.transaction(async (tx) => expect(await pragma({ db: tx }, 'synchronous')).toBe(2));
  });

  it('serves on after a turn whose setting could not be changed, because somebody left a transaction open', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    const { db, unsynced } = database;
    for (const careless of [db, unsynced.db]) {
      await sql
        .raw('begin')
        .execute(careless)
        .catch(() => null);
      await expect(sql.raw('select 1').execute(unsynced.db)).rejects.toThrow('inside a transaction');
      await sql.raw('rollback').execute(db);
      await sql.raw('select 1').execute(unsynced.db);
      expect(await pragma(database, 'synchronous')).toBe(2);
    }
  });

  it('leaves its log to the system where it need only outlive the process', async () => {
    await using others = await openDatabases({ kind: 'sqlite', directory: join(folder.path, 'quick'), durability: 'process' });
    await using database = await others.open<TestTables>('service', testMigrations);
    expect(await pragma(database, 'journal_mode')).toBe('wal');
    expect(await pragma(database, 'synchronous')).toBe(1);
    expect(await pragma(database.unsynced, 'synchronous')).toBe(1);
    expect(await pragma(database, 'synchronous')).toBe(1);
  });

  it('that is no database is refused and left as it is', async () => {
    const content = `not a database ${randomUUIDv7()}`.repeat(200);
    await writeFile(file('service'), content);
    await expect(databases.open('service', testMigrations)).rejects.toMatchObject({ code: 'database-corrupt', status: 503 });
    expect(await readFile(file('service'), 'utf8')).toBe(content);
  });

  it('that lost its content is refused, not taken for a new one', async () => {
    await filled('service', 1);
    await truncate(file('service'), 0);
    await expect(databases.open('service', testMigrations)).rejects.toMatchObject({ code: 'database-corrupt' });
    expect((await stat(file('service'))).size).toBe(0);
  });

  it('with a damaged page is refused, and the error names the database but no path', async () => {
    await filled('service', 500);
    const bytes = await readFile(file('service'));
    bytes.fill(0xa5, 4096 * 4, 4096 * 12);
    await writeFile(file('service'), bytes);
    const error: unknown = await databases.open('service', testMigrations).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'database-corrupt', message: expect.stringContaining('service') });
    expect(String(error)).not.toContain(directory);
    expect(await readFile(file('service'))).toEqual(bytes);
  });

  it('that was cut short is refused', async () => {
    await filled('service', 500);
    await truncate(file('service'), 4096 * 3);
    await expect(databases.open('service', testMigrations)).rejects.toMatchObject({ code: 'database-corrupt' });
  });

  it('that cannot grow refuses the write, keeps what it has, and goes on when there is space again', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    const kept = thing({ id: randomUUIDv7(), name: randomUUIDv7() });
    await database.db.insertInto('things').values(kept).execute();
    await sql`pragma max_page_count = 1`.execute(database.db);
    const large = () =>
      database.transaction((tx) =>
        tx
          .insertInto('things')
          .values(thing({ id: randomUUIDv7(), name: 'x'.repeat(1_000_000) }))
          .execute(),
      );
    await expect(large()).rejects.toMatchObject({ code: 'database-full', status: 503 });
    expect((await database.db.selectFrom('things').select('id').execute()).map((row) => row.id)).toEqual([kept.id]);
    await sql`pragma max_page_count = 100000`.execute(database.db);
    await large();
  });

  it('held by another for a moment is waited for, without holding up the process', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    await using second = await openDatabases({ kind: 'sqlite', directory });
    await using other = await second.open<TestTables>('service', testMigrations);
    const inside = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const holding = other.transaction(async () => {
      inside.resolve();
      await release.promise;
    });
    await inside.promise;
    const writing = database.db
      .insertInto('things')
      .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
      .execute();
    // Reached only if the wait leaves the event loop free.
    setTimeout(release.resolve, 100);
    await Promise.all([holding, writing]);
    expect(await database.db.selectFrom('things').select('id').execute()).toHaveLength(1);
  });

  it('held by another for too long is reported as busy, and can still be read', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    await using second = await openDatabases({ kind: 'sqlite', directory });
    await using other = await second.open<TestTables>('service', testMigrations);
    await other.transaction(async () => {
      const writing = database.db
        .insertInto('things')
        .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
        .execute();
      await expect(writing).rejects.toMatchObject({ code: 'database-busy', status: 503, headers: { 'retry-after': '1' } });
      expect(await database.db.selectFrom('things').select('id').execute()).toEqual([]);
    });
  });

  it('keeps a prepared statement right when its table changes', async () => {
    await using database = await databases.open<TestTables>('service', testMigrations);
    await database.db
      .insertInto('things')
      .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
      .execute();
    const read = () => database.db.selectFrom('things').selectAll().executeTakeFirstOrThrow();
    expect(Object.keys(await read())).not.toContain('added');
    await database.db.schema.alterTable('things').addColumn('added', 'text').execute();
    expect(Object.keys(await read())).toContain('added');
  });

  it('streams rows while the same query runs again', async () => {
    await filled('service', 5);
    await using database = await databases.open<TestTables>('service', testMigrations);
    const query = database.db.selectFrom('things').select('id').orderBy('id');
    const ids: string[] = [];
    for await (const row of query.stream()) ids.push(row.id);
    expect(ids).toEqual((await query.execute()).map((row) => row.id));
    expect(ids).toHaveLength(5);
  });
});

describe('a folder of SQLite files', () => {
  it('loses what a killed process left unfinished long ago, and keeps what may still be in the making', async () => {
    const unfinished = (name: string) => join(directory, `.${name}.${randomUUIDv7()}.new`);
    const [old, young] = [unfinished('old'), unfinished('young')];
    await writeFile(old, '');
    await writeFile(young, '');
    await utimes(old, 1, 1);
    await using again = await openDatabases({ kind: 'sqlite', directory });
    expect(await readdir(directory)).toEqual([young.slice(directory.length + 1)]);
    expect(await again.names()).toEqual([]);
  });

  it('holds nothing of a database whose first migration failed', async () => {
    const failing = { name: '0001-failing', up: async () => Promise.reject(new Error('no such luck')) };
    await expect(databases.open('service', [failing])).rejects.toThrow('no such luck');
    expect(await readdir(directory)).toEqual([]);
  });

  it('holds nothing of a dropped database, not even its log', async () => {
    const database = await databases.open<TestTables>('service', testMigrations);
    const writing = database.transaction((tx) =>
      tx
        .insertInto('things')
        .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
        .execute(),
    );
    await Promise.all([writing, databases.drop('service')]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('that cannot be one is a clear error', async () => {
    const blocked = join(folder.path, 'a-file');
    await writeFile(blocked, '');
    await expect(openDatabases({ kind: 'sqlite', directory: blocked })).rejects.toMatchObject({ code: 'database-folder-unusable' });
  });

  it('that is gone fails a ping with the cause', async () => {
    const gone = join(folder.path, 'gone');
    await mkdir(gone);
    await using short = await openDatabases({ kind: 'sqlite', directory: gone });
    await rm(gone, { recursive: true });
    await expect(short.ping()).rejects.toMatchObject({ code: 'database-folder-unusable' });
  });
});
