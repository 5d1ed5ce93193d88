import { AppError } from './app-error.ts';
import { codeOf } from './system-error.ts';

const MAX_DEPTH = 8;

const lineOf = (error: Error): string => {
  const code = codeOf(error);
  const words = error instanceof AppError ? (error.reason ?? error.message) : error.message;
  // Node leaves the message of several failed connections empty.
  if (words === '') return code || error.name;
  return code === '' || words.includes(code) ? words : `${code}: ${words}`;
};

/** A bug is found by its stack; what an AppError of ours says is enough, as its code is in one place. */
const textOf = (error: Error): string =>
  error instanceof AppError && error.status !== 500 ? lineOf(error) : (error.stack ?? lineOf(error));

/**
 * An error and all that lies beneath it, for the log: never for a client, as it names paths, hosts and SQL. An error that our code
 * rules out comes with its stack, its causes with their messages.
 */
export const causeChain = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  const said = [textOf(thrown)];
  for (let { cause } = thrown, depth = 0; cause !== undefined && depth < MAX_DEPTH; depth += 1) {
    if (!(cause instanceof Error)) {
      said.push(String(cause));
      break;
    }
    said.push(lineOf(cause));
    ({ cause } = cause);
  }
  return said.join('; caused by ');
};
