import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';

const ofHeader = (message: string, fix: string): { readonly fields: readonly FieldIssue[] } => ({
  fields: [{ field: 'header/idempotency-key', message, fix }],
});

/** @see draft-ietf-httpapi-idempotency-key-header-07 section 2.7, "Idempotency-Key is already used" */
export const idempotencyKeyReused = (): AppError =>
  new AppError(
    'idempotency-key-reused',
    422,
    'This Idempotency-Key came before with another request, from another client or with other scopes.',
    {
      ...ofHeader(
        'came before with another request, from another client or with other scopes',
        'Give each change a key of its own, and send a repetition exactly as before, from the same client.',
      ),
    },
  );

/** @see draft-ietf-httpapi-idempotency-key-header-07 section 2.7, "A request is outstanding for this Idempotency-Key" */
export const idempotencyKeyInUse = (): AppError =>
  new AppError('idempotency-key-in-use', 409, 'The change with this Idempotency-Key is under way.', {
    ...ofHeader('is of a change that is under way', 'Send the request again in a second; it is answered as the first one was.'),
    headers: { 'retry-after': '1' },
  });

export const idempotencyKeysQuota = (limit: number): AppError =>
  new AppError(
    'idempotency-keys-quota',
    409,
    `This tenant had ${limit} changes with an Idempotency-Key within a day, which is all that it may have.`,
    {
      fix: 'Send the change without the header, or have an operator raise `quotas.idempotency_keys` of the KMS.',
    },
  );
