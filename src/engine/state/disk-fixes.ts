import { codeOf } from '#infra/apperr/system-error.ts';

/** Remedies for the errors of a disk; the rest speak for themselves. */
const FIXES: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on that disk, then run the command again: it completes what is missing.',
  EDQUOT: 'Free some of your disk quota, then run the command again: it completes what is missing.',
  EACCES: 'Make the state folder and everything in it belong to this user, or name another one with --state-dir.',
  EPERM: 'Make the state folder and everything in it belong to this user, or name another one with --state-dir.',
  EROFS: 'That disk is read-only: name a state folder on another one with --state-dir.',
  EEXIST: 'A file stands where a folder should be: move it away, or name another state folder with --state-dir.',
  ENOTDIR: 'A file stands where a folder should be: move it away, or name another state folder with --state-dir.',
  EISDIR: 'A folder stands where a file should be: move it away, or name another state folder with --state-dir.',
  EMFILE: 'Raise the limit of open files (`ulimit -n`).',
};

/** The same for errors that are only foreseen. */
export const [NO_SPACE_FIX, NO_FOLDER_FIX] = [FIXES['ENOSPC'] ?? '', FIXES['ENOTDIR'] ?? ''];

/** What to do about an error of the disk; undefined for every other one. */
export const diskFix = (error: unknown): string | undefined => FIXES[codeOf(error)];

/** Whether an error says that there is no space to write now, though there may be later. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
