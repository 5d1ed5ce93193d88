import { AppError } from './app-error.ts';
import { thrownWords } from './thrown-words.ts';

const MAX_DEPTH = 8;

const lineOf = (error: Error): string => {
  if (!(error instanceof AppError) || error.reason === undefined) return thrownWords(error);
  const { code, reason } = error;
  return reason.includes(code) ? reason : `${code}: ${reason}`;
};

/** A bug is found by its stack; what an AppError of ours says is enough, as its code is in one place. */
const textOf = (error: Error): string =>
  error instanceof AppError && error.status !== 500 ? lineOf(error) : (error.stack ?? lineOf(error));

/**
 * An error and all that lies beneath it, for the log: never for a client, as it names paths, hosts and SQL. An error that our code
 * rules out comes with its stack, its causes with their messages.
 */
export const causeChain = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return thrownWords(thrown);
  const said = [textOf(thrown)];
  for (let { cause } = thrown, depth = 0; cause !== undefined && depth < MAX_DEPTH; depth += 1) {
    if (!(cause instanceof Error)) {
      said.push(thrownWords(cause));
      break;
    }
    said.push(lineOf(cause));
    ({ cause } = cause);
  }
  return said.join('; caused by ');
};
