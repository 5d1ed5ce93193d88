import { AppError } from '#infra/apperr/app-error.ts';

/** So many failures are named, in the log and in `/readyz`. */
const MAX_NAMED = 10;

/**
 * What a pass over many tenants or keys could not do, once it has done the rest: the job fails, and names it.
 *
 * @param code of the error
 * @param messages one for each failure, in words that anybody may know; none where all went well
 * @throws AppError 503 with the first ten and the number of the others
 */
export const throwFailures = (code: string, messages: readonly string[]): void => {
  if (messages.length === 0) return;
  const more = messages.length > MAX_NAMED ? [`and ${messages.length - MAX_NAMED} more`] : [];
  throw new AppError(code, 503, [...messages.slice(0, MAX_NAMED), ...more].join('; '));
};
