import { Type } from 'typebox';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { UUID_V4 } from '#infra/magic/uuid.ts';

// Fields of accounts and clients, as operators and seeds state them.

export const tenantIdSchema = Type.String({ pattern: UUID_V4, description: 'the UUIDv4 of a tenant of the KMS' });
export const rolesSchema = Type.Array(Type.Enum(Object.keys(ROLE_SCOPES)), { uniqueItems: true, default: [] });
/**
 * No control character: nobody could type it, and PostgreSQL takes no NUL. None that turns the text after it round, either: a client would
 * write more than its name on the page that asks for consent.
 *
 * @see Unicode Standard Annex #9 sections 2.1 to 2.5
 */
export const textSchema = (maxLength: number) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^[^\\x00-\\x1F\\x7F-\\x9F\\u202A-\\u202E\\u2066-\\u2069]+$',
    description: 'text without control characters',
  });
export const passwordSchema = Type.String({ minLength: 12, maxLength: 1024, description: 'at least 12 characters' });
