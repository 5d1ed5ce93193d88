import { randomUUIDv7 } from 'node:crypto';
import { link, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { missingIs } from '#infra/apperr/system-error.ts';
import { databaseCorrupt } from '../common/errors.ts';
import type { SqliteDurability } from '../config.ts';

const SUFFIX = '.sqlite';
/** A database being made; it gets its name when it is complete. */
const UNFINISHED = /^\.[a-z0-9_]+\.[0-9a-f-]{36}\.new(-wal|-shm|-journal)?$/;
/** An unfinished database of this age, in milliseconds, was left behind by a process that was killed. */
const ABANDONED_MS = 60_000;
/** Larger files are not read through at every start; damage there shows when the page is read. */
const CHECKED_BYTES = 8 * 1024 * 1024;
/** Longer waits happen outside of SQLite, where they do not hold up the event loop. */
const BUSY_TIMEOUT_MS = 20;
/** Pages of the log, from which on a commit moves them into the file: the number that SQLite has by itself. */
const LOG_PAGES = 1_000;

export const fileOf = (directory: string, name: string): string => join(directory, `${name}${SUFFIX}`);

const sizeOf = async (file: string): Promise<number | null> => {
  return (await stat(file).catch(missingIs(null)))?.size ?? null;
};

/** `secure_delete` clears what is deleted. */
const SETTINGS = 'pragma journal_mode = wal; pragma secure_delete = on; pragma trusted_schema = off; pragma cell_size_check = on';
/**
 * `full` syncs the log at every commit, so an acknowledged write survives a power cut; `normal` leaves that to the system, which a power cut
 * then takes the last writes from, and never half of one.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_synchronous
 */
const SYNCED: Readonly<Record<SqliteDurability, string>> = { disk: 'pragma synchronous = full', process: 'pragma synchronous = normal' };
/** Settings for a file that is complete, and synced as a whole where it has to be, before anyone knows of it. */
const UNSYNCED = 'pragma journal_mode = memory; pragma synchronous = off';

/** The name under which SQLite opens a file, and never creates it: a file that is gone must be missed, not replaced. */
export const urlOf = (file: string): URL => {
  const url = pathToFileURL(file);
  url.searchParams.set('mode', 'rw');
  return url;
};

const connect = (file: string, pragmas: string): DatabaseSync => {
  const database = new DatabaseSync(urlOf(file), { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    database.exec(pragmas);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/**
 * Runs something while another connection writes the file anew. Meanwhile SQLite itself does not wait for that connection, and moves
 * nothing of its long log into the file: both would hold up the event loop.
 */
export const withoutWaiting = async (database: DatabaseSync, work: () => Promise<void>): Promise<void> => {
  database.exec('pragma busy_timeout = 0; pragma wal_autocheckpoint = 0');
  await work().finally(() => database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; pragma wal_autocheckpoint = ${LOG_PAGES}`));
};

/** Whether a database of this name has been made. */
export const exists = async (directory: string, name: string): Promise<boolean> => (await sizeOf(fileOf(directory, name))) !== null;

/**
 * Opens a file that exists.
 *
 * @throws AppError `database-corrupt`, or the error of SQLite
 */
export const openFile = async (directory: string, name: string, durability: SqliteDurability): Promise<DatabaseSync> => {
  const file = fileOf(directory, name);
  const size = await sizeOf(file);
  // SQLite takes an empty file for a new database. Ours get their name when they are complete, so this one lost its content.
  if (size === 0) throw databaseCorrupt(name, new Error('the file is empty'));
  const database = connect(file, `${SETTINGS}; ${SYNCED[durability]}`);
  if (size !== null && size <= CHECKED_BYTES) {
    const verdict = database.prepare('pragma quick_check(1)').get()?.quick_check;
    if (verdict !== 'ok') {
      database.close();
      throw databaseCorrupt(name, new Error(String(verdict)));
    }
  }
  return database;
};

/**
 * Makes a file aside and gives it its name when `fill` has made it complete, so that no killed process leaves half a database.
 * When another process was faster, its file stays and this one goes.
 */
export const createFile = async (
  directory: string,
  name: string,
  { durability, fill }: { readonly durability: SqliteDurability; readonly fill: (database: DatabaseSync) => Promise<void> },
): Promise<void> => {
  const aside = join(directory, `.${name}.${randomUUIDv7()}.new`);
  // The log files that SQLite puts beside it later take over the mode.
  const file = await open(aside, 'wx', 0o600);
  try {
    await fill(connect(aside, UNSYNCED));
    if (durability === 'disk') await file.sync();
    await link(aside, fileOf(directory, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (durability === 'disk') await syncDirectory(directory);
  } finally {
    await file.close();
    await removeAll(aside);
  }
};

const syncDirectory = async (directory: string): Promise<void> => {
  const folder = await open(directory);
  await folder.sync().finally(() => folder.close());
};

/** The log first: a log without its database would be taken for that of the next database of the same name. */
const removeAll = async (file: string): Promise<void> => {
  for (const part of [`${file}-wal`, `${file}-shm`, `${file}-journal`, file]) await rm(part, { force: true });
};

/** Removes a database that nobody has open. */
export const removeFile = (directory: string, name: string): Promise<void> => removeAll(fileOf(directory, name));

export const namesIn = async (directory: string): Promise<string[]> => {
  const files = await readdir(directory);
  return files
    .filter((file) => file.endsWith(SUFFIX) && !file.startsWith('.'))
    .map((file) => file.slice(0, -SUFFIX.length))
    .toSorted();
};

/** Removes what killed processes left unfinished. */
export const removeAbandoned = async (directory: string, now: number): Promise<void> => {
  const files = (await readdir(directory)).filter((file) => UNFINISHED.test(file));
  for (const file of files.map((name) => join(directory, name))) {
    const found = await stat(file).catch(() => null);
    if (found !== null && now - found.mtimeMs > ABANDONED_MS) await rm(file, { force: true });
  }
};
