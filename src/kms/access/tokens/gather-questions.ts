import { hash } from 'node:crypto';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** Requests that are under way at the same time before tokens are gathered. */
const PARALLEL = 4;
/** Tokens of one request; the batch endpoint of Identity takes no more. */
const MAX_BATCH = 50;
/** Tokens that wait: two seconds of work for an Identity that takes 20 ms. */
const MAX_WAITING = 10_000;

interface Waiting<A> {
  readonly token: string;
  readonly answered: PromiseWithResolvers<A>;
}

const keyOf = (token: string): BoundedKey => boundedKey(hash('sha256', token, 'base64url'));

/**
 * Asks about each token once, however many want to know it at the same time. While four requests are under way, further tokens wait for
 * the next one of them to end and then go together; so nobody waits who need not, and the more come the fewer requests each costs.
 * Nothing is remembered.
 *
 * @param options.single asks about one token
 * @param options.batch asks about several, and gives the answers in their order; null where the issuer takes one a request
 * @returns rejects with `too-many-questions` 503 where too many wait
 */
export const gatherQuestions = <A>(options: {
  readonly single: (token: string) => Promise<A>;
  readonly batch: ((tokens: readonly string[]) => Promise<readonly A[]>) | null;
}): ((token: string) => Promise<A>) => {
  const { single, batch } = options;
  const once = createSingleFlight<A>();
  const waiting: Waiting<A>[] = [];
  let underWay = 0;

  /** Takes part of those that wait whenever a request has ended. */
  const track = async <T>(run: () => Promise<T>): Promise<T> => {
    underWay += 1;
    try {
      return await run();
    } finally {
      underWay -= 1;
      sendWaiting();
    }
  };

  const answerAll = async (ask: (tokens: readonly string[]) => Promise<readonly A[]>, group: readonly Waiting<A>[]): Promise<void> => {
    try {
      const answers = await ask(group.map(({ token }) => token));
      if (answers.length !== group.length)
        throw new AppError('introspection-malformed', 502, 'the batch has another number of answers than tokens');
      group.forEach(({ answered }, index) => answered.resolve(answers[index] as A));
    } catch (error) {
      for (const { answered } of group) answered.reject(error);
    }
  };

  const sendWaiting = (): void => {
    if (batch === null || waiting.length === 0 || underWay >= PARALLEL) return;
    const group = waiting.splice(0, MAX_BATCH);
    const ask = group.length === 1 ? async ([token = '']: readonly string[]) => [await single(token)] : batch;
    void track(() => answerAll(ask, group));
  };

  const askOnce = (token: string): Promise<A> => {
    if (batch === null) return single(token);
    if (underWay < PARALLEL) return track(() => single(token));
    if (waiting.length >= MAX_WAITING)
      return Promise.reject(new AppError('too-many-questions', 503, `${MAX_WAITING} tokens wait to be asked about`));
    const answered = Promise.withResolvers<A>();
    waiting.push({ token, answered });
    return answered.promise;
  };

  return (token) => once(keyOf(token), () => askOnce(token));
};
