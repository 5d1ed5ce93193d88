import { AppError } from '#infra/apperr/app-error.ts';

const AGAIN = 'Go to /ui/log-in and log in again.';

/** Nobody is told more than that; the log is. @param why a clause */
export const logInRefused = (why: string, cause?: unknown): AppError =>
  new AppError('log-in-refused', 400, 'The log-in at the issuer did not come to a good end.', { cause, reason: why, fix: AGAIN });

/** A callback that belongs to no log-in of this browser: it is over, was ended before, or was begun elsewhere. */
export const logInUnknown = (): AppError =>
  new AppError('log-in-unknown', 400, 'This answer belongs to no log-in that this browser has begun, or to one that is over.', {
    fix: AGAIN,
  });

/** The issuer said no. @param error of RFC 6749 section 4.1.2.1 */
export const logInDenied = (error: string): AppError =>
  new AppError('log-in-denied', 403, `The issuer refused the log-in: ${error}.`, { fix: AGAIN });
