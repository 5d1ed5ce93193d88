import { AppError } from '#infra/apperr/app-error.ts';

/** For a change by an operator: accounts of the demo are those of its seed. */
export const accountUnknown = (): AppError =>
  new AppError('account-unknown', 404, 'There is no account with this id that is not part of the demo.');
