import { codeOf } from './system-error.ts';

/** Characters of one value of a thrown object. */
const MAX_VALUE = 80;
const MAX_DEPTH = 4;
const SECRET = /secret|password|token|key|cookie|authorization|payload/i;

/**
 * The words of any thrown value, for a reader of a log or a report: an error's message, led by its code; all failures of an
 * AggregateError; the plain members of an object. Never empty, never `[object Object]`, and never a member whose name speaks of a secret.
 */
export const thrownWords = (thrown: unknown, depth = 0): string => {
  try {
    return wordsOf(thrown, depth);
  } catch {
    // A getter or a proxy that throws in its turn.
    return `a value that cannot be read (${typeof thrown})`;
  }
};

/** The message of an error alone; the words of anything else, and of an error without a message. */
export const thrownMessage = (thrown: unknown): string =>
  thrown instanceof Error && thrown.message !== '' ? thrown.message : thrownWords(thrown);

const wordsOf = (thrown: unknown, depth: number): string => {
  if (thrown instanceof Error) return errorWords(thrown, depth);
  if (typeof thrown === 'string') return thrown.trim() === '' ? 'an empty text was thrown' : thrown;
  if (thrown === undefined || thrown === null) return `${String(thrown)} was thrown, which gives no reason`;
  if (typeof thrown === 'function') return `a function was thrown (${thrown.name || 'without a name'})`;
  return typeof thrown === 'object' ? objectWords(thrown) : String(thrown);
};

const errorWords = (error: Error, depth: number): string => {
  const code = codeOf(error);
  // Node leaves the message of several failed connections empty.
  const words = error.message || (depth < MAX_DEPTH ? several(error, depth) : '');
  if (words === '') return code || error.name;
  return code === '' || words.includes(code) ? words : `${code}: ${words}`;
};

const several = (error: Error, depth: number): string =>
  error instanceof AggregateError ? [...new Set(error.errors.map((each: unknown) => thrownWords(each, depth + 1)))].join('; ') : '';

/** An object that is like an error is told by its message; any other by its members. */
const objectWords = (thrown: object): string => {
  const { message, code } = thrown as { message?: unknown; code?: unknown };
  if (typeof message === 'string' && message !== '') {
    return typeof code === 'string' && code !== '' && !message.includes(code) ? `${code}: ${message}` : message;
  }
  const members = Object.entries(thrown).flatMap(([name, value]) => {
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain && !SECRET.test(name) ? [`${name}: ${String(value).slice(0, MAX_VALUE)}`] : [];
  });
  return members.length === 0 ? 'an object without a message was thrown' : members.join(', ');
};
