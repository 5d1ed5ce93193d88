import type { onRequestHookHandler } from 'fastify';
import { Type } from 'typebox';
import { strictObject } from '#infra/config/load-config.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import { decodeBase64url } from '#kms/jose/base64url.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from './cursor.ts';
import { fieldInvalid } from './field-invalid.ts';

/**
 * Pieces of requests and answers that all key routes share. The description of a text with a pattern also ends the
 * sentence "must be …" of a refusal.
 */

export const uuidV7 = (description: string) =>
  Type.String({
    description,
    pattern: UUID_V7,
    maxLength: 36,
    examples: ['01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47'],
  });

export const timestamp = (description: string) =>
  Type.String({
    description: `an RFC 3339 time ${description}`,
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?(Z|[+-]\\d{2}:\\d{2})$',
    maxLength: 29,
    examples: ['2031-01-01T00:00:00.000Z'],
  });

/** One of these values and no other. */
export const oneOf = <const T extends string | number>(values: readonly T[], options: Record<string, unknown> = {}) =>
  Type.Unsafe<T>({ type: typeof values[0] === 'number' ? 'integer' : 'string', enum: [...values], ...options });

export const nullable = <S extends ReturnType<typeof timestamp>>(schema: S) => Type.Union([schema, Type.Null()]);

/** Query strings are text: without coercion a number is a pattern. */
export const pageQuery = {
  limit: Type.Optional(
    Type.String({
      description: `the number of entries on a page, 1 to ${MAX_LIMIT}, by default ${DEFAULT_LIMIT}`,
      pattern: '^([1-9][0-9]?|100)$',
      examples: ['20'],
    }),
  ),
  cursor: Type.Optional(
    Type.String({ description: 'the `next_cursor` of the page before', minLength: 1, maxLength: 1024, pattern: '^[A-Za-z0-9_-]+$' }),
  ),
};

export const nextCursor = Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page.' });

export const elasticKeyPath = strictObject({ id: uuidV7('the id of an elastic key, a UUIDv7') });

/** @see RFC 9457 */
export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'Stable; programs decide on this.' }),
    fix: Type.Optional(Type.String()),
  },
  { description: 'Problem Details (RFC 9457).' },
);

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

/** Answers with key material or plaintext stay in no cache, refusals included. @see RFC 9111 section 5.2.2.5 */
export const noStore: onRequestHookHandler = (_request, reply, done) => {
  reply.header('cache-control', 'no-store');
  done();
};
