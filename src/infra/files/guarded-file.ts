import { constants, type Stats } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { othersWrite } from './own-folder.ts';

/** Secrets and keys are short; a file larger than this, in bytes, is neither. */
const MAX_BYTES = 64 * 1024;

/** On Windows neither is known: a link is followed there. Without the second, a pipe would be waited for. */
const [NO_LINK, NO_WAIT] = [constants.O_NOFOLLOW ?? 0, constants.O_NONBLOCK ?? 0];

export interface GuardOptions {
  /** What the file holds, for the error: `the cookie keys`. */
  readonly purpose: string;
  /** Whether a link is followed to its file, by which authorities renew certificates; default false. */
  readonly links?: boolean;
}

/**
 * Reads a file that nobody else can have written. The file is looked at once it is open and before a byte of it is read, so none can take
 * its place in between. It belongs to this user or to root, or it lies in a folder of theirs that is closed to others: containers have
 * files of the host's user mounted into such folders. Who else may read it is for `closed-state.ts` and for operators.
 *
 * @throws AppError `secret-not-ours`, `secret-unreadable`, which name the base name; the file system's error
 */
export const readGuarded = async (path: string, { purpose, links = false }: GuardOptions): Promise<string> => {
  const refuse = (code: 'secret-not-ours' | 'secret-unreadable', why: string) =>
    new AppError(code, 500, `the file ${basename(path)}, which holds ${purpose}, ${why}`, {
      fix: `Find out where ${basename(path)} comes from. If it is the right one, make it a regular file of this user, of mode 0600.`,
    });
  await using file = await open(path, constants.O_RDONLY | NO_WAIT | (links ? 0 : NO_LINK)).catch((error: unknown) => {
    throw hasCode(error, 'ELOOP', 'EMLINK') && !links ? refuse('secret-not-ours', 'is a link') : error;
  });
  const stats = await file.stat();
  if (!stats.isFile()) throw refuse('secret-unreadable', 'is no regular file');
  const fault = await faultOf(path, stats);
  if (fault !== null) throw refuse('secret-not-ours', fault);
  if (stats.size > MAX_BYTES) throw refuse('secret-unreadable', `is larger than ${MAX_BYTES} bytes`);
  return file.readFile('utf8');
};

/** Why another user may have written a file, one clause; null when none can. */
const faultOf = async (path: string, stats: Stats): Promise<string | null> => {
  const own = process.getuid?.();
  if (own === undefined) return null;
  if (othersWrite(stats, stats.uid)) return 'can be written by other users';
  if (isTrusted(stats.uid, own)) return null;
  const folder = await stat(dirname(await realpath(path)));
  return isTrusted(folder.uid, own) && !othersWrite(folder, folder.uid) ? null : `belongs to another user (uid ${stats.uid})`;
};

const isTrusted = (uid: number, own: number): boolean => uid === own || uid === 0;
