import { AppError } from '#infra/apperr/app-error.ts';

export const grantNotFound = (): AppError =>
  new AppError('grant-not-found', 404, 'This elastic key has no such grant.', { fix: 'List its grants; one that has expired is gone.' });

/** Nobody gives more than he has. */
export const grantExceedsGranter = (operation: string, scope: string, index: number): AppError =>
  new AppError('grant-exceeds-granter', 403, `You cannot grant ${operation}: you do not hold the scope ${scope} for this key yourself.`, {
    fields: [{ field: `/operations/${index}`, message: `is ${operation}, which you may not do by a scope of your own` }],
    fix: 'Grant what your own scopes allow. A grant that you have does not count: it cannot be passed on.',
  });

/** The grantee learns that his grant does not hold here, and not for what context it does. */
export const grantContextRefused = (): AppError =>
  new AppError('grant-context-refused', 403, 'Your grant for this key is for another context.', {
    fix: 'Give the context that the grant asks for, or ask whoever granted it for another one.',
  });

export const grantsQuota = (whose: string, limit: number): AppError =>
  new AppError('grants-quota', 409, `${whose} has ${limit} grants, which is all that it may have.`, {
    fix: 'Revoke grants that nobody needs, let them expire, or give a role or a scope in their place.',
  });
