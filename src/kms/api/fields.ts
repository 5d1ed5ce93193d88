import { AppError } from '#infra/apperr/app-error.ts';
import { decodeBase64url } from '#kms/jose/encoding/base64url.ts';

/** Values of requests and answers, as the services take and give them. */

/** @param field JSON Pointer of the request's body */
export const fieldInvalid = (code: string, field: string, message: string, fix: string): AppError =>
  new AppError(code, 400, `${field.slice(1)} ${message}.`, { fields: [{ field, message, fix }] });

export const isoOf = (millis: number): string => new Date(millis).toISOString();
export const isoOrNull = (millis: number | null): string | null => (millis === null ? null : isoOf(millis));

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

export const contextOf = (text: string | undefined): { context?: string } => (text === undefined ? {} : { context: text });
