import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';

/** Throws where the thing that is about to change is not the one that its caller means; the change looks at it in its transaction. */
export type Precondition<T> = (current: T) => void;

/**
 * A strong validator of an answer: another for each revision of the row, and for each other text, so also where a newer version of the
 * server shows more of the same row.
 *
 * @see RFC 9110 section 8.8.3
 */
export const entityTagOf = (view: unknown, revision?: number): string => {
  const digest = createHash('sha256').update(JSON.stringify(view)).digest('base64url').slice(0, 22);
  return revision === undefined ? `"${digest}"` : `"${revision}-${digest}"`;
};

const TAG = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\xff]*"';
const TAGS = new RegExp(`^\\s*${TAG}(?:\\s*,\\s*${TAG})*\\s*$`);

/** The tags of a condition; null for `*`. @throws AppError `condition-invalid` 400 */
const tagsOf = (header: 'if-match' | 'if-none-match', text: string): readonly string[] | null => {
  if (text.trim() === '*') return null;
  if (TAGS.test(text)) return text.match(new RegExp(TAG, 'g')) ?? [];
  const message = 'is no list of entity tags';
  throw new AppError('condition-invalid', 400, `The header ${header} ${message}.`, {
    fields: [{ field: `header/${header}`, message, fix: 'Send an ETag as it was answered, with its quotes.' }],
  });
};

const preconditionFailed = (current: string): AppError =>
  new AppError('precondition-failed', 412, 'It is not as If-Match says: it was changed since it was read.', {
    fields: [{ field: 'header/if-match', message: `does not name ${current}, the tag that it has now` }],
    fix: 'Read it again, decide anew, and send the ETag of that answer.',
    headers: { etag: current },
  });

/**
 * The condition of a request on what it changes; none where it has none. A weak tag matches nothing.
 *
 * @param tagOf the tag of what is there now
 * @throws AppError `condition-invalid` 400; the condition throws `precondition-failed` 412
 * @see RFC 9110 section 13.1.1
 */
export const ifMatch = <T>({ headers }: FastifyRequest, tagOf: (current: T) => string): { readonly precondition?: Precondition<T> } => {
  const text = headers['if-match'];
  const tags = text === undefined ? null : tagsOf('if-match', text);
  if (tags === null) return {};
  return {
    precondition: (current) => {
      const tag = tagOf(current);
      if (!tags.includes(tag)) throw preconditionFailed(tag);
    },
  };
};

/**
 * Whether the caller has the answer with this tag already; it goes out with the tag in any case. Tags are compared weakly.
 *
 * @throws AppError `condition-invalid` 400
 * @see RFC 9110 sections 13.1.2 and 15.4.5
 */
export const isKnown = ({ headers }: FastifyRequest, reply: Pick<FastifyReply, 'header'>, tag: string): boolean => {
  reply.header('etag', tag);
  const text = headers['if-none-match'];
  if (text === undefined) return false;
  const tags = tagsOf('if-none-match', text);
  return tags === null || tags.some((each) => each.replace(/^W\//, '') === tag);
};

const tagHeader = (header: string, description: string) =>
  Type.Object({ [header]: Type.Optional(Type.String({ description, maxLength: 1024 })) });

/** The header of a request that changes something. */
export const ifMatchHeader = tagHeader(
  'if-match',
  '`ETag` of what is changed, as it was read: where it is another by now, nothing is changed (412, `precondition-failed`).',
);
/** The header of a request that reads. */
export const ifNoneMatchHeader = tagHeader('if-none-match', '`ETag` of an answer from before: where it is the same, the answer is 304.');

/** The schema of an answer that carries its tag. */
export const tagged = <S extends TSchema>(schema: S): S => ({
  ...schema,
  headers: { etag: { type: 'string', description: 'Strong validator of this answer (RFC 9110 section 8.8.3).' } },
});

/** The answers to a read that may be conditional. */
export const taggedAnswers = <S extends TSchema>(schema: S) => ({
  200: tagged(schema),
  304: Type.Null({ description: 'The answer is the one whose `ETag` the request names.' }),
});
