import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { parseRecord, recordText, type RunRecord } from './run-record.ts';

/** So many runs are kept: enough for a median of each kind. */
const KEPT = 60;
/** Far more than a record of every step there is. */
const MAX_BYTES = 64 * 1024;
/** Writing a record takes milliseconds: a file that is still aside after this belongs to a process that was killed. */
const LEFT_BEHIND_MS = 60_000;

const RECORD = /^\d{15}-[0-9a-f]{12}\.json$/;
const ASIDE = /^\..+\.json\.[0-9a-f]{12}\.tmp$/;

export interface RunHistory {
  /** Every run that is remembered, the oldest first; none where the folder cannot be read. */
  read(): Promise<readonly RunRecord[]>;
  /** Remembers a run and forgets the oldest; where nothing can be written, the run is not remembered, which is no failure of it. */
  add(record: RunRecord): Promise<void>;
}

/**
 * Earlier runs in a folder of the user, from which later ones are predicted. A run is a file of its own, written as a whole under the time
 * of its end: a crash leaves no half of one, and runs that end at once do not take each other's place. It stays when a stack is removed.
 * Nothing of it ever leaves this machine.
 *
 * @param folder null where the user has no place for one: nothing is remembered then
 * @param now epoch milliseconds
 */
export const runHistory = (folder: string | null, now: () => number): RunHistory => ({
  read: async () => {
    if (folder === null) return [];
    const names = await namesIn(folder);
    const texts = await Promise.all(names.filter((name) => RECORD.test(name)).map((name) => textOf(join(folder, name))));
    return texts.map(parseRecord).filter((record) => record !== null);
  },
  add: async (record) => {
    if (folder === null) return;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFileAtomic(join(folder, `${String(now()).padStart(15, '0')}-${randomBytes(6).toString('hex')}.json`), recordText(record), {
        mode: 0o600,
        durable: false,
      });
      await forgetOldest(folder, now());
    } catch (error) {
      // A full or read-only disk, a home of another user: a run is no worse for it.
      if (codeOf(error) === '') throw error;
    }
  },
});

/** Oldest first, as the names begin with the time. */
const namesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder).catch(unreadableIs<readonly string[]>([]))).toSorted();

const textOf = async (path: string): Promise<string> => {
  const stats = await lstat(path).catch(unreadableIs(null));
  return stats !== null && stats.isFile() && stats.size <= MAX_BYTES ? readFile(path, 'utf8').catch(unreadableIs('')) : '';
};

const forgetOldest = async (folder: string, now: number): Promise<void> => {
  const names = await namesIn(folder);
  const old = names.filter((name) => RECORD.test(name)).slice(0, -KEPT);
  const aside = await Promise.all(names.filter((name) => ASIDE.test(name)).map((name) => leftBehind(folder, name, now)));
  await Promise.all([...old, ...aside.flat()].map((name) => rm(join(folder, name), { force: true })));
};

const leftBehind = async (folder: string, name: string, now: number): Promise<readonly string[]> => {
  const stats = await lstat(join(folder, name)).catch(unreadableIs(null));
  return stats !== null && now - stats.mtimeMs > LEFT_BEHIND_MS ? [name] : [];
};

/** For `.catch`: what the file system does not give is not remembered; an error that is not the system's is a bug. */
const unreadableIs =
  <T>(value: T) =>
  (error: unknown): T => {
    if (codeOf(error) === '') throw error;
    return value;
  };
