import { AppError } from '#infra/apperr/app-error.ts';
import type { Failure, Result } from '#infra/apperr/result.ts';

/** The value of a result of the engine, or its failure thrown: it ends the command. */
export const orThrow = <T>(result: Result<T>): T => {
  if (!result.ok) throw errorOf(result.error);
  return result.value;
};

const errorOf = ({ code, message, fix, cause }: Failure): AppError =>
  new AppError(code, 409, message, { ...(fix === '' ? {} : { fix }), ...(cause === null ? {} : { cause: errorOf(cause) }) });
