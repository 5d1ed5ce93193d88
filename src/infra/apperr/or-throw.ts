import { AppError } from './app-error.ts';
import type { Failure, Result } from './result.ts';

/** A Failure as an error to throw; `failureFrom` gives the same Failure back. */
const asError = ({ code, message, cause, fix }: Failure): AppError =>
  new AppError(code, 500, message, { ...(fix === '' ? {} : { fix }), ...(cause === null ? {} : { cause: asError(cause) }) });

/** The value of a Result, or its failure thrown. */
export const orThrow = <T>(result: Result<T>): T => {
  if (!result.ok) throw asError(result.error);
  return result.value;
};
