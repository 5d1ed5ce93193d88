import { chmod, mkdir, open } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { syncFolder } from '#infra/files/sync-folder.ts';
import { isBusy } from './is-busy.ts';
import { fileOf, namesIn, urlOf } from './sqlite-file.ts';

/** Folders with databases, and the folder of each for the copies, which is made. */
export interface FoldersToCopy {
  readonly from: string;
  readonly to: string;
}

/** Writers hold a file for some milliseconds; who finds all of them busy for so long, in milliseconds, gives up. */
const PATIENCE_MS = 10_000;
/** How long SQLite itself waits for one file, in milliseconds. */
const BUSY_TIMEOUT_MS = 50;
const PAUSE_MS = 5;
/** Pages that are copied in one go, on a thread of the pool: all of them, as far as our files go. */
const PAGES = 100_000;

interface Source extends FoldersToCopy {
  readonly name: string;
}

/**
 * Copies databases as they all were at one moment, while servers work on them. For that moment nobody writes to any of them: every file is
 * held for writing, then a reader of each is begun, then all are let go. That takes about a millisecond, in which writers wait. What the
 * readers see is copied afterwards, whatever is written meanwhile. A process that is killed holds nothing any more.
 *
 * A copy is one whole file without a log, of mode 0600, and on the disk when this returns.
 *
 * @returns for how long writers may have waited, in milliseconds
 * @throws AppError `databases-busy` 503; the error of SQLite or of the file system
 */
export const copyDatabases = async (folders: readonly FoldersToCopy[]): Promise<{ readonly heldMs: number }> => {
  for (const { to } of folders) await mkdir(to, { recursive: true, mode: 0o700 });
  const { sources, readers, heldMs } = await beginReaders(folders);
  try {
    for (const [i, { name, to }] of sources.entries()) {
      const reader = readers[i];
      if (reader === undefined) throw new TypeError('every database has a reader');
      await copyOne(reader, fileOf(to, name));
    }
  } finally {
    letGo(readers);
  }
  for (const { to } of folders) await syncFolder(to);
  return { heldMs };
};

const copyOne = async (reader: DatabaseSync, file: string): Promise<void> => {
  // Made first, so that nobody else can read it at any time.
  await (await open(file, 'wx', 0o600)).close();
  await backup(reader, file, { rate: PAGES });
  await chmod(file, 0o600);
  await sync(file);
};

const sync = async (path: string): Promise<void> => {
  await using handle = await open(path, 'r');
  await handle.sync();
};

interface Readers {
  readonly sources: readonly Source[];
  readonly readers: readonly DatabaseSync[];
  readonly heldMs: number;
}

/** Readers of every database there is, all of one moment. */
const beginReaders = async (folders: readonly FoldersToCopy[]): Promise<Readers> => {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const sources = await sourcesIn(folders);
    const begun = performance.now();
    const readers = readTogether(sources);
    const heldMs = performance.now() - begun;
    if (readers !== null) {
      // A database that was made between the look and the moment belongs to that moment, too.
      if ((await sourcesIn(folders)).length === sources.length) return { sources, readers, heldMs };
      letGo(readers);
    }
    if (performance.now() >= deadline) {
      throw new AppError('databases-busy', 503, 'The databases are written to all the time.', {
        fix: 'Try again when there is less to do, or stop the stack first: `passthru down` keeps its data.',
      });
    }
    await delay(PAUSE_MS);
  }
};

const sourcesIn = async (folders: readonly FoldersToCopy[]): Promise<readonly Source[]> => {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await namesIn(folder.from).catch(missingIs([]));
      return names.map((name) => ({ ...folder, name }));
    }),
  );
  return found.flat();
};

const letGo = (connections: readonly DatabaseSync[]): void => {
  for (const connection of connections) connection.close();
};

/** Null when somebody writes to one of them: nothing is held then, because he may wait for another. */
const readTogether = (sources: readonly Source[]): readonly DatabaseSync[] | null => {
  const [writers, readers]: [DatabaseSync[], DatabaseSync[]] = [[], []];
  try {
    for (const { from, name } of sources) {
      const writer = new DatabaseSync(urlOf(fileOf(from, name)), { timeout: BUSY_TIMEOUT_MS });
      writers.push(writer);
      writer.exec('begin immediate');
    }
    for (const { from, name } of sources) {
      const reader = new DatabaseSync(urlOf(fileOf(from, name)), { timeout: BUSY_TIMEOUT_MS });
      readers.push(reader);
      // A transaction sees the moment of its first statement.
      reader.exec('begin; select count(*) from sqlite_schema');
    }
    return readers;
  } catch (error) {
    letGo(readers);
    if (isBusy(error)) return null;
    throw error;
  } finally {
    letGo(writers);
  }
};
