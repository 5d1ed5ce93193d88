import { InternalError } from '#infra/apperr/app-error.ts';

/** Rows hold text; a store reads it with these, and what it does not understand is an error, never a guess. */

/**
 * A word of a closed set.
 *
 * @param column table and column, for the message
 * @throws InternalError for any other text
 */
export const storedWord = <W extends string>(text: string, words: readonly W[], column: string): W => {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new InternalError(`${column} holds ${JSON.stringify(text)}, which is none of ${words.join(', ')}`);
  return word;
};

/**
 * A list of texts, kept as a JSON array.
 *
 * @param column table and column, for the message
 * @throws InternalError for any other text
 */
export const storedTexts = (json: string, column: string): readonly string[] => {
  const value: unknown = JSON.parse(json);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new InternalError(`${column} holds no list of texts`);
};
