import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestTables, testMigrations, thing } from '#test/infra/database/database-tables.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';

const program = new URL('./database-process.ts', import.meta.url).pathname;

describe.each(databaseKinds())('several processes on %s', (kind) => {
  let test: TestDatabases;
  let children: ChildProcess[];
  const name = 'service';

  beforeEach(async () => {
    test = await withDatabases(kind);
    children = [];
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await test[Symbol.asyncDispose]();
  });

  const run = (task: 'open' | 'hang', id: string) => {
    const child = spawn(process.execPath, [program, task, JSON.stringify(test.config), name, id], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), ended: once(child, 'exit') };
  };

  it('start at once and run each migration once', async () => {
    const ends = await Promise.all(Array.from({ length: 4 }, () => run('open', '').ended));
    expect(ends).toEqual([
      [0, null],
      [0, null],
      [0, null],
      [0, null],
    ]);
    await using database = await test.databases.open<TestTables>(name, testMigrations);
    const { value } = await database.db.selectFrom('counters').select('value').executeTakeFirstOrThrow();
    expect(value).toBe(1);
    expect(await test.databases.names()).toEqual([name]);
  });

  it('lose nothing that was acknowledged and keep nothing that was not, when one is killed', async () => {
    const id = randomUUIDv7();
    const { child, lines, ended } = run('hang', id);
    expect((await lines.next()).value).toBe('committed');
    expect((await lines.next()).value).toBe('in transaction');
    child.kill('SIGKILL');
    await ended;
    await using database = await test.databases.open<TestTables>(name, testMigrations);
    const rows = await database.db.selectFrom('things').select(['id', 'name']).execute();
    expect(rows.map((row) => ({ ...row }))).toEqual([{ id, name: `committed ${id}` }]);
    // The dead process holds no lock.
    await database.db
      .insertInto('things')
      .values(thing({ id: randomUUIDv7(), name: randomUUIDv7() }))
      .execute();
  });
});
