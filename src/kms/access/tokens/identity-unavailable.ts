import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** Identity does not answer and what is remembered of it is too old; the cause is named, as it holds no secret. */
export const identityUnavailable = (issuer: string, cause: unknown): AppError =>
  new AppError('identity-unavailable', 503, `Identity (${new URL(issuer).host}) does not answer: ${thrownMessage(cause)}`, {
    cause,
    fix: 'Try again in a few seconds; if it stays so, look at the state of Identity.',
    headers: { 'retry-after': '2' },
  });
