import { type TSchema, Type } from 'typebox';
import { problemSchema } from '#infra/http/problem-schema.ts';
import { UUID, UUID_V7 } from '#infra/magic/uuid.ts';
import { MAX_TIME, TIME } from './time.ts';

/**
 * Pieces of the schemas that several routes share. The description of a text with a pattern also ends the sentence "must be …"
 * of a refusal.
 */

const uuidOf = (pattern: string, description: string) =>
  Type.String({
    description,
    pattern,
    maxLength: 36,
    examples: ['01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47'],
  });

export const uuidV7 = (description: string) => uuidOf(UUID_V7, description);

/** The id of a material key: ours are UUIDv7, those of imported keys what they were elsewhere. */
export const uuid = (description: string) => uuidOf(UUID, description);

export const timestamp = (description: string) =>
  Type.String({
    description: `an RFC 3339 time, such as 2031-01-01T00:00:00Z, ${description}`,
    pattern: TIME,
    maxLength: MAX_TIME,
    examples: ['2031-01-01T00:00:00.000Z'],
  });

/** One of these values and no other. */
export const oneOf = <const T extends string | number>(values: readonly T[], options: Record<string, unknown> = {}) =>
  Type.Unsafe<T>({ type: typeof values[0] === 'number' ? 'integer' : 'string', enum: [...values], ...options });

export const nullable = <S extends TSchema>(schema: S, options: Record<string, unknown> = {}) => Type.Union([schema, Type.Null()], options);

/** The answers that every route may give beside its own; their media type is said here, or it would be that of all others. */
const problem = { description: 'Problem Details (RFC 9457).', content: { 'application/problem+json': { schema: problemSchema } } } as const;
export const problems = { '4xx': problem, '5xx': problem } as const;
