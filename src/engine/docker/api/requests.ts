import { within } from './within.ts';

/** Most requests take milliseconds, on a busy machine seconds. */
const REQUEST_LIMIT_MS = 20_000;

/** A request that only reads, or flips a switch. */
export const soon = <T>(what: string, ask: (limit: AbortSignal) => Promise<T>): Promise<T> => within(REQUEST_LIMIT_MS, what, ask);

/** For requests whose refusal means that what was asked for is so already: 304 no change, 404 gone, 409 not running or being removed. */
export const unlessDone = async (asked: Promise<unknown>, ...done: readonly number[]): Promise<void> => {
  try {
    await asked;
  } catch (error) {
    if (!hasStatus(error, ...done)) throw error;
  }
};

/** Null in place of a refusal with 404. */
export const nullWhenMissing = async <T>(ask: () => Promise<T>): Promise<T | null> => {
  try {
    return await ask();
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
};

const hasStatus = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof Error && 'statusCode' in error && codes.includes(Number(error.statusCode));
