import type { Stats } from 'node:fs';
import { chmod, lstat, mkdir } from 'node:fs/promises';
import { hasCode } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';

/** Keeps other users out. */
export const FOLDER_MODE = 0o700;

const [GROUP_WRITES, OTHERS_WRITE] = [0o020, 0o002];

/**
 * Makes a folder, or takes one that is there when nobody else can have put anything into it.
 *
 * @throws AppError `folder-not-ours`, `folder-open`, `not-a-folder`; the file system's error
 */
export const ownFolder = async (path: string): Promise<Stats> => {
  await mkdir(path, { recursive: true, mode: FOLDER_MODE }).catch((error: unknown) => {
    throw hasCode(error, 'EEXIST') ? notA('folder', path) : error;
  });
  const stats = await lstat(path);
  if (!stats.isDirectory()) throw notA('folder', path);
  refuseOthers(path, stats);
  return stats;
};

/** Does the same for a folder that other users may not even read: a wider mode is narrowed. */
export const closedToOthers = async (path: string): Promise<void> => {
  const { mode } = await ownFolder(path);
  if ((mode & 0o777) !== FOLDER_MODE) await chmod(path, FOLDER_MODE);
};

/**
 * Refuses a folder of another user, root's rule too, and one that others may write: they could put another file, or a link, in the place
 * of ours.
 *
 * @throws AppError `folder-not-ours`, `folder-open`
 */
export const refuseOthers = (folder: string, stats: Stats): void => {
  const own = process.getuid?.();
  if (own === undefined) return;
  if (stats.uid !== own) {
    throw new AppError('folder-not-ours', 500, `${folder} belongs to another user (uid ${stats.uid})`, {
      fix: `Run the command as its owner, or make the folder yours: \`chown -R ${own} ${shellWord(folder)}\``,
    });
  }
  if (othersWrite(stats, own)) {
    throw new AppError('folder-open', 500, `other users can write to ${folder}`, {
      fix: `Check that everything in it is yours, then close it to them: \`chmod go-w ${shellWord(folder)}\`.`,
    });
  }
};

/** Many systems give every user a group of its own, under the same number, and let it write. */
export const othersWrite = ({ mode, gid }: Pick<Stats, 'mode' | 'gid'>, own: number): boolean =>
  (mode & OTHERS_WRITE) !== 0 || ((mode & GROUP_WRITES) !== 0 && gid !== own);

export const notA = (what: 'file' | 'folder', path: string): AppError =>
  new AppError(`not-a-${what}`, 500, `${path} is a link or something else where a ${what} belongs`, {
    fix: 'Find out where it comes from and move it away; nothing was written through it.',
  });
