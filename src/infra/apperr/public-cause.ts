import { AppError } from './app-error.ts';
import { codeOf } from './system-error.ts';

const MAX_DEPTH = 8;

/**
 * An AppError says what anybody may know. The message of a system, a TLS or a database error names paths, users and hosts, but
 * every one of them has a code, which names none; a plain Error has only its words, and they stand where they hold no path.
 */
const publicWords = (error: Error): string => {
  if (error instanceof AppError) return error.message;
  const code = codeOf(error);
  if (code !== '') return 'syscall' in error ? `${code} (${String(error.syscall)})` : code;
  return error.name === 'Error' && error.message !== '' && !/[/\\]/.test(error.message) ? error.message : error.name;
};

/** The reasons of a failure that anybody may know, down to its root: no path, no user, no SQL. */
export const publicCause = (thrown: unknown, depth = 0): string => {
  if (!(thrown instanceof Error)) return 'unknown error';
  const words = publicWords(thrown);
  const { cause } = thrown;
  if (!(cause instanceof Error) || depth >= MAX_DEPTH) return words;
  const beneath = publicCause(cause, depth + 1);
  // Some say the words of their cause themselves.
  const isSaid = words.includes(beneath) || (cause.message !== '' && words.includes(cause.message));
  return isSaid ? words : `${words}: ${beneath}`;
};
