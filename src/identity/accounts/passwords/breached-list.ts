import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import type { BreachedPasswords } from './breached-passwords.ts';

/** Hexadecimal digits of the hash in the list, and of the prefix that names a file of a range. */
const HASH_DIGITS = 40;
const PREFIX_DIGITS = 5;
/** Bytes that hold a whole line, wherever in it a reading begins: hash, colon, count and the end of a line, twice. */
const WINDOW = 256;
/** Of all that begin with one prefix: today's largest range has about 3,000 lines of 40 bytes. */
const MAX_RANGE_BYTES = 1024 * 1024;

const unreadable = (path: string, cause?: unknown): AppError =>
  new AppError('breached-list-unreadable', 503, 'The list of breached passwords cannot be read, so no new password is taken.', {
    cause,
    fix: `An operator makes ${path} readable, as a sorted file of \`HASH:COUNT\` lines or a folder of ranges, or removes \`passwords.breached_list\`.`,
  });

/** The hash of a password as the list has it. SHA-1 is the form of the list, and protects nothing here. */
const digestOf = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();

/** The first whole line at or after an offset; null at the end. */
const lineFrom = async (file: FileHandle, offset: number): Promise<{ readonly hash: string; readonly start: number } | null> => {
  // One byte earlier: a line that begins exactly there is whole.
  const from = Math.max(0, offset - 1);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(WINDOW), 0, WINDOW, from);
  const text = buffer.toString('latin1', 0, bytesRead);
  const skipped = offset === 0 ? 0 : text.indexOf('\n') + 1;
  const hash = text.slice(skipped, skipped + HASH_DIGITS);
  if ((offset !== 0 && skipped === 0) || hash.trim() === '') return null;
  if (!/^[0-9A-F]{40}$/.test(hash)) throw new Error(`there is no hash at byte ${from + skipped}`);
  return { hash, start: from + skipped };
};

/** Looks for a hash in a file that is sorted by them: about thirty readings in one of 40 GB. */
const isInSortedFile = async (path: string, hash: string): Promise<boolean> => {
  await using file = await open(path);
  let [low, high] = [0, (await file.stat()).size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const line = await lineFrom(file, middle);
    if (line === null || line.start >= high || line.hash > hash) {
      high = middle;
    } else {
      if (line.hash === hash) return true;
      low = line.start + HASH_DIGITS;
    }
  }
  return false;
};

/** Looks for the rest of a hash in the file of its prefix. */
const isInRange = async (folder: string, hash: string): Promise<boolean> => {
  await using file = await open(join(folder, `${hash.slice(0, PREFIX_DIGITS)}.txt`));
  const { size } = await file.stat();
  if (size > MAX_RANGE_BYTES) throw new Error(`a range has ${size} bytes`);
  const suffix = hash.slice(PREFIX_DIGITS);
  const lines = (await file.readFile('latin1')).split('\n');
  return lines.some((line) => line.slice(0, suffix.length) === suffix && /^:[1-9]/.test(line.slice(suffix.length)));
};

/**
 * A list of breached passwords on this machine, as the downloader of Have I Been Pwned writes it: one file of lines `HASH:COUNT`
 * sorted by hash, or a folder with a file `PREFIX.txt` of lines `SUFFIX:COUNT` for each five digits that a hash begins with, as its
 * range API answers. Nothing of a password leaves the machine, and a lookup reads a few hundred bytes.
 *
 * @param path undefined where none is configured: then nothing is held
 * @throws AppError `breached-list-unreadable` where it cannot be read now
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswords
 */
export const openBreachedList = async (path: string | undefined): Promise<BreachedPasswords> => {
  if (path === undefined) return { holds: async () => false };
  const holds = async (password: string): Promise<boolean> => {
    try {
      const hash = digestOf(password);
      return (await stat(path)).isDirectory() ? await isInRange(path, hash) : await isInSortedFile(path, hash);
    } catch (cause) {
      throw unreadable(path, cause);
    }
  };
  // A list that could never be read is an error of the start, not of the first person who changes a password.
  await holds('');
  return { holds };
};
