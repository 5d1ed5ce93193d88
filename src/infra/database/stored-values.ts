import { InternalError } from '#infra/apperr/app-error.ts';

/** Rows hold text; a store reads it with these, and what it does not understand is an error, never a guess. */

/**
 * A word of a closed set.
 *
 * @param place what holds it, for the message: `the state of tenant 7`
 * @throws InternalError for any other text
 */
export const storedWord = <W extends string>(text: string, words: readonly W[], place: string): W => {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new InternalError(`${place} is ${JSON.stringify(text)}, which is none of ${words.join(', ')}`);
  return word;
};

/**
 * A list of texts, kept as a JSON array.
 *
 * @param place what holds it, for the message: `the roles of account 7`
 * @throws InternalError for any other text
 */
export const storedTexts = (json: string, place: string): readonly string[] => {
  const value: unknown = JSON.parse(json);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new InternalError(`${place} is no list of texts`);
};

/**
 * Texts by name, kept as a JSON object.
 *
 * @param place what holds them, for the message: `the labels of key 7`
 * @throws InternalError for any other text
 */
export const storedTextMap = (json: string, place: string): Readonly<Record<string, string>> => {
  const value: unknown = JSON.parse(json);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject && Object.values(value).every((item) => typeof item === 'string')) return value as Record<string, string>;
  throw new InternalError(`${place} are no texts by name`);
};
