import { Type } from 'typebox';
import { DEFAULT_LIMIT, MAX_LIMIT, encodeCursor, type Position } from './cursor.ts';

/** One page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

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

/** `limit` as the number that its pattern promises. */
export const limitOf = (limit: string | undefined): { limit?: number } => (limit === undefined ? {} : { limit: Number(limit) });

/**
 * The page that begins a longer list.
 *
 * @param found the entries after the page before, at least one more than `limit` when there are so many
 * @param page.order names the list and its order, for the cursor
 */
export const pageOf = <T>(
  found: readonly T[],
  page: { readonly limit: number; readonly order: string; readonly position: (item: T) => Position },
): Page<T> => {
  const items = found.slice(0, page.limit);
  const last = items.at(-1);
  const isLast = last === undefined || found.length <= page.limit;
  return { items, nextCursor: isLast ? null : encodeCursor(page.order, page.position(last)) };
};
