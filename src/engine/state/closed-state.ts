import type { Dirent } from 'node:fs';
import { chmod, lstat, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { closedToOthers, notA, othersWrite, refuseOthers } from '#infra/files/own-folder.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';

export interface CloseOptions {
  /** Whether nobody else may read the files, certificates excepted. */
  readonly areSecret: boolean;
  /** Hears of each file that other users could read until now. */
  readonly warn: (text: string) => void;
}

/**
 * Makes a folder of the state, of mode 0700, or takes one that is there when no other user can have put anything into it: not the folder,
 * nor a file or folder below it, nor a link. A secret that others may read is closed with a warning; one that they may write is refused,
 * because what it says may be theirs.
 *
 * @throws AppError `folder-not-ours`, `folder-open`, `not-a-folder`, `not-a-file`, `file-not-ours`, `file-open`; the file system's error
 */
export const closeFolder = async (path: string, options: CloseOptions): Promise<void> => {
  await closedToOthers(path);
  const entries = await readdir(path, { withFileTypes: true });
  await Promise.all(entries.map((entry) => closeEntry(join(path, entry.name), entry, options)));
};

/** Does the same, and makes none: the folder may be on another machine. */
export const closeWhereThere = async (path: string, options: CloseOptions): Promise<void> => {
  if ((await lstat(path).catch(missingIs(null))) === null) return;
  refuseOthers(dirname(path), await stat(dirname(path)));
  await closeFolder(path, options);
};

const closeEntry = async (path: string, entry: Dirent, options: CloseOptions): Promise<void> => {
  if (entry.isDirectory()) return closeFolder(path, options);
  if (!entry.isFile()) throw notA('file', path);
  // A service that runs renames its log, and what a killed run left aside is removed.
  const stats = await lstat(path).catch(missingIs(null));
  const own = process.getuid?.();
  if (stats === null || own === undefined) return;
  if (stats.uid !== own) {
    throw new AppError('file-not-ours', 500, `${path} belongs to another user (uid ${stats.uid})`, {
      fix: `Find out where it comes from and move it away. If it is yours, take it back: \`chown ${own} ${shellWord(path)}\``,
    });
  }
  if (othersWrite(stats, own)) {
    throw new AppError('file-open', 500, `other users can write to ${path}`, {
      fix: `Check that its content is yours, then close it to them: \`chmod go-w ${shellWord(path)}\``,
    });
  }
  if (!options.areSecret || path.endsWith('.pem') || (stats.mode & 0o077) === 0) return;
  await chmod(path, stats.mode & 0o700);
  options.warn(`other users could read ${path}: closed it to them; if one of them may have read it, replace the secret that it holds`);
};
