import { AppError } from '#infra/apperr/app-error.ts';
import { fail, failureFrom, type Result } from '#infra/apperr/result.ts';

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

/** The result of some work on disks and processes; what it throws becomes a Failure that says what could not be done, and the fix. */
export const attempt = async <T>(code: string, what: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
  try {
    return await work();
  } catch (error) {
    if (isAbort(error)) return fail('interrupted', `interrupted: ${what} did not end`);
    const systemCode = error instanceof Error && 'code' in error ? String(error.code) : '';
    const fix = error instanceof AppError && error.fix !== undefined ? error.fix : (FIXES[systemCode] ?? '');
    return fail(code, `${what} failed`, { cause: failureFrom(error), fix });
  }
};

const isAbort = (error: unknown): boolean => error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
