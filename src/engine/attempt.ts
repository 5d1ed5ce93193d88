import { AppError } from '#infra/apperr/app-error.ts';
import { diskFix } from '#engine/state/disk-fixes.ts';
import { fail, failureFrom, type Result } from '#infra/apperr/result.ts';

/** The result of some work on disks and processes; what it throws becomes a Failure that says what could not be done, and the fix. */
export const attempt = async <T>(code: string, what: string, work: () => Promise<Result<T>>): Promise<Result<T>> => {
  try {
    return await work();
  } catch (error) {
    if (isAbort(error)) return fail('interrupted', `interrupted: ${what} did not end`);
    const fix = error instanceof AppError && error.fix !== undefined ? error.fix : (diskFix(error) ?? '');
    return fail(code, `${what} failed`, { cause: failureFrom(error), fix });
  }
};

const isAbort = (error: unknown): boolean => error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
