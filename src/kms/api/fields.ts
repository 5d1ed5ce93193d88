import { AppError } from '#infra/apperr/app-error.ts';
import { decodeBase64url } from '#kms/jose/base64url.ts';

/** Values of requests and answers, as the services take and give them. */

/** @param field JSON Pointer of the request's body */
export const fieldInvalid = (code: string, field: string, message: string, fix: string): AppError =>
  new AppError(code, 400, `${field.slice(1)} ${message}.`, { fields: [{ field, message, fix }] });

export const isoOf = (millis: number): string => new Date(millis).toISOString();
export const isoOrNull = (millis: number | null): string | null => (millis === null ? null : isoOf(millis));

/**
 * Epoch milliseconds of an RFC 3339 time.
 *
 * @param field JSON Pointer, for the error
 * @throws AppError `time-invalid` 400 for a day or an hour that no calendar has
 */
export const millisOf = (text: string, field: string): number => {
  const millis = Date.parse(text);
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (!Number.isNaN(millis) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10))) return millis;
  throw fieldInvalid('time-invalid', field, 'is no time of the calendar', 'Give a time such as 2031-01-01T00:00:00Z.');
};

/** @throws AppError `base64url-invalid` 400 */
export const bytesOf = (text: string, field: string): Uint8Array => {
  const bytes = decodeBase64url(text);
  if (bytes) return bytes;
  throw fieldInvalid(
    'base64url-invalid',
    field,
    'is not canonical base64url',
    'Encode it as base64url without padding (RFC 4648 section 5).',
  );
};

/** @throws AppError `context-invalid` 400 for a lone surrogate, which UTF-8 cannot tell from another */
export const contextOf = (text: string | undefined): { context?: string } => {
  if (text === undefined) return {};
  if (text.isWellFormed()) return { context: text };
  throw fieldInvalid('context-invalid', '/context', 'is not well-formed Unicode', 'Give text without lone surrogates.');
};
