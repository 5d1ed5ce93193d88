import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import type { FineScope } from '#infra/magic/magic.ts';

export const realmUserNotFound = (): AppError => new AppError('realm-user-not-found', 404, 'There is no such user in this tenant.');

export const realmUsersQuota = (max: number): AppError =>
  new AppError('realm-users-quota', 409, `This tenant has ${max} users, which is all that it may.`, {
    fix: 'Remove users that are needed no more, or have an operator raise `quotas.realm_users` of the KMS.',
  });

export const lastAdministrator = (): AppError =>
  new AppError('last-administrator', 409, 'After this nobody could administer the users of this tenant.', {
    fix: 'Give another user a role with kms:users:write first, or say by allow_no_administrator=true that it is meant so.',
  });

const BEYOND = {
  gives: 'These roles give scopes',
  has: 'This user holds scopes',
  borrows: 'Grants lend this user scopes',
} as const;

/** @param missing scopes that the caller would need; at least one */
export const beyondOwnScopes = (missing: Iterable<FineScope>, what: keyof typeof BEYOND): AppError => {
  const scopes = [...missing].toSorted();
  return new AppError(
    'beyond-own-scopes',
    403,
    `${BEYOND[what]} that you do not hold: ${scopes.slice(0, 5).join(', ')}${scopes.length > 5 ? ', …' : ''}.`,
    {
      fix: 'Ask somebody who holds them.',
    },
  );
};

/** A refusal that names members of the body. */
export const realmUserInvalid = (code: string, fields: readonly FieldIssue[]): AppError =>
  new AppError(code, 400, fields.map(({ field, message }) => `${field.slice(1)} ${message}`).join('; '), { fields });
