import { randomUUIDv7 } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { countersMigration, type TestTables, testMigrations, thing, thingsMigration } from '#test/infra/database/database-tables.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';

const uniqueName = (): string => `db_${randomUUIDv7().replaceAll('-', '')}`;

const caught = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.unreachable('it was to be refused'),
    (error: unknown) => error,
  );

describe.each(databaseKinds())('databases on %s', (kind) => {
  let test: TestDatabases;
  let database: Database<TestTables>;
  let name: string;

  beforeEach(async () => {
    test = await withDatabases(kind);
    name = uniqueName();
    database = await test.databases.open<TestTables>(name, testMigrations);
  });

  afterEach(async () => {
    await test[Symbol.asyncDispose]();
  });

  const countThings = async (from = database): Promise<number> => {
    const { count } = await from.db
      .selectFrom('things')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return count;
  };

  it('reads every column type back as it was written', async () => {
    const row = thing({
      id: randomUUIDv7(),
      name: `ünïcode ${randomUUIDv7()} '"; --`,
      bytes: Uint8Array.from({ length: 256 }, (_, index) => index),
      at: 4_102_444_800_123,
      flag: 1,
      json: '{"b":1,"a":[null]}',
    });
    await database.db.insertInto('things').values(row).execute();
    const read = await database.db.selectFrom('things').selectAll().executeTakeFirstOrThrow();
    expect({ ...read }).toStrictEqual(row);
    expect(read.bytes?.constructor).toBe(Uint8Array);
  });

  it('shows at once what does not wait for the disk, in its turn with all others, and takes back all of a transaction that fails', async () => {
    const { unsynced } = database;
    const things = Array.from({ length: 6 }, () => thing({ id: randomUUIDv7(), name: randomUUIDv7() }));
    await Promise.all(
      things.map((row, at) =>
        [
          () => unsynced.db.insertInto('things').values(row).execute(),
          () => database.db.insertInto('things').values(row).execute(),
          () => unsynced.transaction((tx) => tx.insertInto('things').values(row).execute()),
        ][at % 3]?.(),
      ),
    );
    expect(await countThings()).toBe(6);
    const failing = unsynced.transaction(async (tx) => {
      await tx.deleteFrom('things').execute();
      throw new RangeError('not so');
    });
    expect(await caught(failing)).toBeInstanceOf(RangeError);
    expect(
      await caught(
        unsynced.db
          .insertInto('things')
          .values(things[0] ?? thing({ id: '', name: '' }))
          .execute(),
      ),
    ).toSatisfy(isUniqueViolation);
    expect(await caught(unsynced.transaction(() => countThings()))).toMatchObject({
      message: expect.stringMatching(/went past the transaction/),
    });
    expect(await countThings()).toBe(6);
  });

  it('counts as a number', async () => {
    expect(await countThings()).toBe(0);
  });

  it('says how many rows an update touched, and gives back what it returns', async () => {
    const id = randomUUIDv7();
    await database.db
      .insertInto('things')
      .values(thing({ id, name: `n ${id}` }))
      .execute();
    const consume = () =>
      database.db.updateTable('things').set({ flag: 1 }).where('id', '=', id).where('flag', '=', 0).executeTakeFirstOrThrow();
    expect((await consume()).numUpdatedRows).toBe(1n);
    expect((await consume()).numUpdatedRows).toBe(0n);
    const returned = await database.db.deleteFrom('things').where('id', '=', id).returning(['id', 'flag']).execute();
    expect(returned.map((row) => ({ ...row }))).toEqual([{ id, flag: 1 }]);
  });

  it('gives exactly one of twenty concurrent conditional updates its row', async () => {
    const id = randomUUIDv7();
    await database.db
      .insertInto('things')
      .values(thing({ id, name: `n ${id}` }))
      .execute();
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        database.transaction((tx) =>
          tx.updateTable('things').set({ flag: 1 }).where('id', '=', id).where('flag', '=', 0).executeTakeFirstOrThrow(),
        ),
      ),
    );
    expect(results.filter((result) => result.numUpdatedRows === 1n)).toHaveLength(1);
  });

  it('tells a unique violation of a key and of an index from other errors', async () => {
    const row = thing({ id: randomUUIDv7(), name: `n ${randomUUIDv7()}` });
    const insert = (values: typeof row) => database.db.insertInto('things').values(values).execute();
    await insert(row);
    expect(isUniqueViolation(await caught(insert({ ...row, name: randomUUIDv7() })))).toBe(true);
    expect(isUniqueViolation(await caught(insert({ ...row, id: randomUUIDv7() })))).toBe(true);
    const orphan = database.db.insertInto('parts').values({ id: randomUUIDv7(), thing_id: randomUUIDv7() }).execute();
    expect(isUniqueViolation(await caught(orphan))).toBe(false);
    expect(isUniqueViolation(null)).toBe(false);
  });

  it('deletes what refers to a deleted row', async () => {
    const id = randomUUIDv7();
    await database.db
      .insertInto('things')
      .values(thing({ id, name: `n ${id}` }))
      .execute();
    await database.db.insertInto('parts').values({ id: randomUUIDv7(), thing_id: id }).execute();
    await database.db.deleteFrom('things').where('id', '=', id).execute();
    expect(await database.db.selectFrom('parts').selectAll().execute()).toEqual([]);
  });

  it('takes a hostile text as a value and never as SQL', async () => {
    const id = randomUUIDv7();
    const hostile = `'); drop table things; -- ${id}`;
    await database.db
      .insertInto('things')
      .values(thing({ id, name: hostile }))
      .execute();
    const found = await database.db.selectFrom('things').select('id').where('name', '=', hostile).execute();
    expect(found.map((row) => row.id)).toEqual([id]);
  });

  describe('a transaction', () => {
    it('leaves nothing when it throws, and hands the error on', async () => {
      const failure = new Error(`stop ${randomUUIDv7()}`);
      const work = database.transaction(async (tx) => {
        await tx
          .insertInto('things')
          .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
          .execute();
        throw failure;
      });
      expect(await caught(work)).toBe(failure);
      expect(await countThings()).toBe(0);
      await database.db
        .insertInto('things')
        .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
        .execute();
      expect(await countThings()).toBe(1);
    });

    it('is not seen by others until it is committed, and never mixes with them', async () => {
      const first = Promise.withResolvers<void>();
      const inserted = Promise.withResolvers<void>();
      const slow = database.transaction(async (tx) => {
        await tx
          .insertInto('things')
          .values(thing({ id: randomUUIDv7(), name: `slow ${randomUUIDv7()}` }))
          .execute();
        inserted.resolve();
        await first.promise;
        throw new Error('rolled back');
      });
      await inserted.promise;
      const other = database.transaction((tx) =>
        tx
          .insertInto('things')
          .values(thing({ id: randomUUIDv7(), name: `other ${randomUUIDv7()}` }))
          .execute(),
      );
      first.resolve();
      await caught(slow);
      await other;
      const names = (await database.db.selectFrom('things').select('name').execute()).map((row) => row.name);
      expect(names).toEqual([expect.stringMatching(/^other /)]);
    });

    it('refuses a query and a transaction that go past it, instead of waiting for itself', async () => {
      const past = database.transaction(() => database.db.selectFrom('things').selectAll().execute());
      expect(await caught(past)).toMatchObject({ code: 'internal-error', message: expect.stringContaining('past the transaction') });
      const nested = database.transaction(() => database.transaction((tx) => tx.selectFrom('things').selectAll().execute()));
      expect(await caught(nested)).toMatchObject({ code: 'internal-error' });
      expect(await countThings()).toBe(0);
    });

    it('may hold a transaction of another database', async () => {
      await using other = await test.databases.open<TestTables>(uniqueName(), testMigrations);
      await database.transaction(() =>
        other.transaction((tx) =>
          tx
            .insertInto('things')
            .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
            .execute(),
        ),
      );
      expect(await countThings(other)).toBe(1);
    });

    it('runs two hundred at once without losing an update', async () => {
      const increment = () =>
        database.transaction((tx) =>
          tx
            .updateTable('counters')
            .set((eb) => ({ value: eb('value', '+', 1) }))
            .where('name', '=', 'migrations')
            .execute(),
        );
      await Promise.all(Array.from({ length: 200 }, increment));
      const { value } = await database.db.selectFrom('counters').select('value').executeTakeFirstOrThrow();
      expect(value).toBe(201);
    });
  });

  describe('opening', () => {
    it('runs each migration once, however often and by however many a database is opened', async () => {
      const others = await Promise.all([test.reopen(), test.reopen(), test.reopen()]);
      const fresh = uniqueName();
      await Promise.all([...others, test.databases].map((databases) => databases.open<TestTables>(fresh, testMigrations)));
      await using again = await test.databases.open<TestTables>(fresh, testMigrations);
      const { value } = await again.db.selectFrom('counters').select('value').executeTakeFirstOrThrow();
      expect(value).toBe(1);
    });

    it('runs what was appended since, on data that is there', async () => {
      const grown = uniqueName();
      const before = await test.databases.open<TestTables>(grown, [thingsMigration]);
      await before.db
        .insertInto('things')
        .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
        .execute();
      await before[Symbol.asyncDispose]();
      await using after = await test.databases.open<TestTables>(grown, testMigrations);
      expect(await countThings(after)).toBe(1);
      expect((await after.db.selectFrom('counters').selectAll().execute()).length).toBe(1);
    });

    it('undoes all of a list in which one migration fails, and the next start can repair it', async () => {
      const broken = uniqueName();
      const failing = { name: '0003-failing', up: async () => Promise.reject(new Error('no such luck')) };
      const failed = await caught(test.databases.open(broken, [thingsMigration, countersMigration, failing]));
      expect(failed).toMatchObject({ message: 'no such luck' });
      await using repaired = await test.databases.open<TestTables>(broken, testMigrations);
      const { value } = await repaired.db.selectFrom('counters').select('value').executeTakeFirstOrThrow();
      expect(value).toBe(1);
    });

    it('refuses a database that a newer version has migrated', async () => {
      const error = await caught(test.databases.open(name, [thingsMigration, countersMigration]));
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject({ code: 'database-schema-newer', message: expect.stringContaining('0003-counting') });
    });

    it('refuses a database of another service', async () => {
      const error = await caught(test.databases.open(name, [{ ...thingsMigration, name: '0001-other' }, ...testMigrations.slice(1)]));
      expect(error).toMatchObject({ code: 'database-schema-unknown', message: expect.stringContaining('0001-things') });
    });

    it('refuses names that could be anything but a name', async () => {
      for (const bad of ['', 'Upper', '1st', 'a-b', 'a.b', '../a', 'a"b', 'a'.repeat(64), 'public', 'pg_catalog', 'information_schema']) {
        await expect(test.databases.open(bad, [])).rejects.toThrow(new TypeError(`${JSON.stringify(bad)} is no name for a database`));
        await expect(test.databases.drop(bad)).rejects.toThrow(TypeError);
      }
    });

    it('refuses a list of migrations that names one twice', async () => {
      await expect(test.databases.open(uniqueName(), [thingsMigration, thingsMigration])).rejects.toThrow(TypeError);
    });

    it('shares a database that is opened twice, until the last use ends', async () => {
      const second = await test.databases.open<TestTables>(name, testMigrations);
      await database[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      expect(await countThings(second)).toBe(0);
      await second[Symbol.asyncDispose]();
      await expect(countThings(second)).rejects.toThrow('already been destroyed');
    });
  });

  it('keeps the databases of two tenants apart', async () => {
    await using other = await test.databases.open<TestTables>(uniqueName(), testMigrations);
    await database.db
      .insertInto('things')
      .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
      .execute();
    expect(await countThings(other)).toBe(0);
  });

  it('names the databases that exist, and drops one with all that is in it', async () => {
    const other = uniqueName();
    await (await test.databases.open<TestTables>(other, testMigrations))[Symbol.asyncDispose]();
    expect(await test.databases.names()).toEqual([name, other].toSorted());
    await database.db
      .insertInto('things')
      .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
      .execute();
    await test.databases.drop(name);
    await test.databases.drop(name);
    expect(await test.databases.names()).toEqual([other]);
    database = await test.databases.open<TestTables>(name, testMigrations);
    expect(await countThings()).toBe(0);
  });

  it('does not make a database that must be there, and migrates one that is', async () => {
    const other = uniqueName();
    const missing = { code: 'database-missing', status: 503 };
    const open = () => test.databases.open<TestTables>(other, testMigrations, { create: false });
    await expect(open()).rejects.toMatchObject(missing);
    expect(await test.databases.names()).toEqual([name]);
    await (await test.databases.open(other, [thingsMigration]))[Symbol.asyncDispose]();
    await using found = await open();
    expect(await found.db.selectFrom('counters').selectAll().execute()).toHaveLength(1);
    await found[Symbol.asyncDispose]();
    await test.databases.drop(other);
    await expect(open()).rejects.toMatchObject(missing);
    expect(await test.databases.names()).toEqual([name]);
  });

  it('answers a ping, and none that was given up', async () => {
    await test.databases.ping(AbortSignal.timeout(5_000));
    await expect(test.databases.ping(AbortSignal.abort(new Error('given up')))).rejects.toThrow('given up');
  });

  it('is there after it was closed and opened again', async () => {
    const row = thing({ id: randomUUIDv7(), name: randomUUIDv7() });
    await database.db.insertInto('things').values(row).execute();
    await test.databases[Symbol.asyncDispose]();
    const databases = await test.reopen();
    database = await databases.open<TestTables>(name, testMigrations);
    expect(await countThings()).toBe(1);
  });
});
