import { AppError } from '#infra/apperr/app-error.ts';

/** The words for an attempt that has to wait; any other error is thrown on. */
export const problemOf = (
  error: unknown,
): { readonly text: string; readonly retryAfter: string; readonly reason: 'too-many-attempts' | 'busy' } => {
  if (!(error instanceof AppError) || error.status !== 429) throw error;
  const retryAfter = error.headers['retry-after'] ?? error.headers['Retry-After'] ?? '1';
  const reason = error.code === 'too-many-attempts' ? 'too-many-attempts' : 'busy';
  return { text: `${error.message} ${error.fix ?? ''}`.trim(), retryAfter, reason };
};
