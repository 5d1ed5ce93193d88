import { AppError } from '#infra/apperr/app-error.ts';

/** @param field JSON Pointer of the request's body */
export const fieldInvalid = (code: string, field: string, message: string, fix: string): AppError =>
  new AppError(code, 400, `${field.slice(1)} ${message}.`, { fields: [{ field, message, fix }] });
