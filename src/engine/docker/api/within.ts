import { AppError } from '#infra/apperr/app-error.ts';

/**
 * The engine's answer to one request, within so many milliseconds.
 *
 * @param what names the request, for example `the list of containers`
 * @param ask gets a signal that aborts at the limit; one that ignores it is left alone
 * @throws AppError `docker-no-answer` 504 at the limit, else what `ask` throws
 */
export const within = async <T>(milliseconds: number, what: string, ask: (limit: AbortSignal) => Promise<T>): Promise<T> => {
  const limit = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new AppError('docker-no-answer', 504, `the Docker engine did not answer within ${milliseconds} ms: ${what}`, {
        fix: 'It may hang or be very busy: look at its log, restart it if need be, then run the command again.',
      }),
    );
    limit.abort();
  }, milliseconds);
  try {
    return await Promise.race([ask(limit.signal), late]);
  } finally {
    clearTimeout(timer);
  }
};
