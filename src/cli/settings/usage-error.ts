import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';

/** A wrong command line, variable or settings file: exit code 64. Each field says where its value came from. */
export const usageError = (message: string, options: { readonly fields?: readonly FieldIssue[]; readonly fix?: string } = {}): AppError =>
  new AppError('usage', 400, message, options);

export const isUsageError = (thrown: unknown): thrown is AppError => thrown instanceof AppError && thrown.code === 'usage';
