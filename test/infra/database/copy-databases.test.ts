import { join } from 'node:path';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { copyDatabases } from '#infra/database/sqlite/copy-databases.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const NAMES = ['one', 'two', 'three'];

const make = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const name of NAMES) {
    using database = new DatabaseSync(join(folder, `${name}.sqlite`));
    database.exec('pragma journal_mode = wal; create table t (n integer); insert into t values (0)');
  }
};

const numbersIn = (folder: string): readonly unknown[] =>
  NAMES.map((name) => {
    using database = new DatabaseSync(join(folder, `${name}.sqlite`), { readOnly: true });
    return database.prepare('select max(n) as n from t').get()?.['n'];
  });

/** Writes the same number into one database after the other, again and again, as a server whose acts touch several of them. */
const WRITER = `
const { DatabaseSync } = require('node:sqlite');
const { parentPort, workerData } = require('node:worker_threads');
const databases = workerData.map((file) => new DatabaseSync(file, { timeout: 5000 }));
let go = true;
parentPort.on('message', () => (go = false));
const write = (n) => {
  for (const database of databases) database.prepare('insert into t values (?)').run(n);
  if (n === 1) parentPort.postMessage('begun');
  if (go) setImmediate(write, n + 1);
  else parentPort.postMessage(n);
};
write(1);
`;

describe('A copy of SQLite databases', () => {
  it('is of one moment, though a server writes to one after the other all the while, and loses that server nothing', async () => {
    await using folder = await temporaryDirectory();
    const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')];
    await make(from);
    const writer = new Worker(WRITER, { eval: true, workerData: NAMES.map((name) => join(from, `${name}.sqlite`)) });
    const said = () => new Promise((resolve) => writer.once('message', resolve));
    await said();
    for (let round = 0; round < 5; round += 1) {
      await copyDatabases([{ from, to: `${to}-${round}` }]);
      const [first, second, third] = numbersIn(`${to}-${round}`).map(Number) as [number, number, number];
      // An act is done in the first database before it begins in the second.
      expect(first).toBeGreaterThan(0);
      expect([first - second, second - third].every((behind) => behind === 0 || behind === 1)).toBe(true);
      expect(first - third).toBeLessThanOrEqual(1);
    }
    writer.postMessage('stop', []);
    const last = await said();
    await writer.terminate();
    expect(numbersIn(from)).toEqual([last, last, last]);
  });

  it('is one file of mode 0600 each, without a log', async () => {
    await using folder = await temporaryDirectory();
    const [from, to] = [join(folder.path, 'from'), join(folder.path, 'to')];
    await make(from);
    using open = new DatabaseSync(join(from, 'one.sqlite'));
    open.exec('insert into t values (7)');
    await copyDatabases([{ from, to }]);
    const files = await readdir(to);
    expect(files.toSorted()).toEqual(NAMES.map((name) => `${name}.sqlite`).toSorted());
    for (const file of files) expect((await stat(join(to, file))).mode & 0o777).toBe(0o600);
    expect(numbersIn(to)).toEqual([7, 0, 0]);
  });

  it('of a folder that is not there is an empty folder', async () => {
    await using folder = await temporaryDirectory();
    await copyDatabases([{ from: join(folder.path, 'none'), to: join(folder.path, 'to') }]);
    expect(await readdir(join(folder.path, 'to'))).toEqual([]);
  });
});
