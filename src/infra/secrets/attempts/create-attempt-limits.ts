import { createHmac, randomBytes } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { type Clock, systemClock } from '#infra/jobs/clock.ts';
import { REFUSAL_MS } from '#infra/magic/limits.ts';
import { createCommonCounts } from '#infra/workers/common-counts.ts';
import { ALONE, type Workers } from '#infra/workers/workers.ts';
import type { AttemptLimits, Guess } from './attempt-limits.ts';
import { networkOf } from './network.ts';
import { createTokenBuckets } from './token-buckets.ts';
import { createWaitingList, dueMs, type Price } from './waiting-list.ts';

/** A person mistypes; an office shares a network; a name is tried from many networks, of which one alone cannot use up its tokens. */
const PAIR = { burst: 6, everyMs: 6_000 };
const NETWORK = { burst: 20, everyMs: 1_000 };
const NAME = { burst: 10, everyMs: 5_000 };
/** For a name that logged in from this network, beside the others. */
const KNOWN = { burst: 10, everyMs: 20_000 };
/** A name stays known at a network for so many milliseconds after its last log-in there. */
const KNOWN_MS = 24 * 60 * 60_000;
/** Milliseconds after which other workers of this server are told again. */
const TOLD_MS = 60 * 60_000;

const tooMany = (prices: readonly Price[]): AppError => {
  const seconds = Math.max(1, Math.ceil(dueMs(prices) / 1_000));
  return new AppError('too-many-attempts', 429, 'Too many failed attempts to log in.', {
    fix: `Wait ${seconds} s and try again.`,
    headers: { 'retry-after': String(seconds) },
  });
};

/**
 *     guess ─► a token each of name, network, and the two together? ─ yes ─► look ─► right: price back; wrong: it stays paid
 *                 │ no                                                        ▲
 *                 ├─► waits; the guess that was refused most goes first ──────┘─ 7 s ─► 429, and a better place next time
 *                 └─► name known at this network, and a token of the pair? ─► early look ─► right: at once
 *                                                                                └─ wrong: it goes on waiting
 *
 * The answer to a wrong guess depends on names and networks alone, never on whether the name exists or is known. All of it is in
 * memory and bounded.
 *
 * @param options.slowness by how much the tokens of a name come back more slowly, for secrets that are short
 * @param options.max entries kept of each kind; the one unused for longest goes first
 * @param options.workers who counts together with this process; it alone where absent
 * @param options.of which secrets are guessed, where a server has limits of several kinds
 * @param options.closing aborts when the server closes, which waits for nobody so long: then no guess waits any more
 */
export const createAttemptLimits = (
  options: {
    readonly slowness?: number;
    readonly max?: number;
    readonly clock?: Pick<Clock, 'monotonic' | 'after'>;
    readonly workers?: Workers;
    readonly of?: string;
    readonly closing?: AbortSignal;
  } = {},
): AttemptLimits => {
  const { slowness = 1, max = 50_000, clock = systemClock, closing = new AbortController().signal } = options;
  const { workers = ALONE, of = 'passwords' } = options;
  const elapsed = (): number => clock.monotonic();
  const buckets = (kind: string, size: { readonly burst: number; readonly everyMs: number }) =>
    createTokenBuckets({ ...size, max, elapsed, common: createCommonCounts(workers, `guesses ${of} ${kind}`) });
  const slower = (kind: string, { burst, everyMs }: typeof PAIR) => buckets(kind, { burst, everyMs: everyMs * slowness });
  const pairs = slower('pair', PAIR);
  const networks = buckets('network', NETWORK);
  const names = slower('name', NAME);
  const known = slower('known', KNOWN);
  const list = createWaitingList({ clock, closing });
  const loggedInAt = createBoundedMap<number>({ max });
  const refusals = createBoundedMap<number>({ max });
  const guessKey = randomBytes(32);
  const commonKnown = createCommonCounts(workers, `known ${of}`);
  commonKnown?.onOthers((pair) => loggedInAt.set(pair, elapsed()));

  /** Of a guess from one network: whoever sends it from many has a place for each. */
  const idOf = ({ account, password, address }: Guess): BoundedKey =>
    boundedKey(
      createHmac('sha256', guessKey)
        .update(JSON.stringify([account, password, networkOf(address)]))
        .digest('base64'),
    );

  const isKnown = (pair: BoundedKey): boolean => {
    const at = loggedInAt.get(pair);
    return at !== undefined && elapsed() - at < KNOWN_MS;
  };

  /** Looks for a known name at the price of the pair; a look that failed is none. */
  const lookEarly = async (pair: BoundedKey, look: () => Promise<boolean>): Promise<boolean> => {
    known.take(pair);
    try {
      const right = await look();
      if (right) known.giveBack(pair);
      return right;
    } catch {
      known.giveBack(pair);
      return false;
    }
  };

  const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

  return {
    attempt: async (guess, look) => {
      const arrivedAt = elapsed();
      const name = boundedKey(guess.account);
      const network = boundedKey(networkOf(guess.address));
      const pair = boundedKey(`${network} ${name}`);
      const prices: readonly Price[] = [
        { buckets: pairs, key: boundedKey(`pair ${pair}`) },
        { buckets: networks, key: boundedKey(`network ${network}`) },
        { buckets: names, key: boundedKey(`name ${name}`) },
      ];
      const succeeded = (): true => {
        // Others learn it once in a while: it lasts for a day.
        if (elapsed() - (loggedInAt.get(pair) ?? -TOLD_MS) >= TOLD_MS) commonKnown?.add(pair, 1);
        loggedInAt.set(pair, elapsed());
        return true;
      };

      const id = refusals.size > 0 || !list.isEmpty() ? idOf(guess) : null;
      const place = list.join({ prices, network, refusals: id === null ? 0 : (refusals.get(id) ?? 0) });
      if (!place.isAdmitted() && isKnown(pair) && known.has(pair) && (await lookEarly(pair, look))) {
        place.leave(false);
        return succeeded();
      }

      if (!(await place.decided)) {
        const refused = id ?? idOf(guess);
        refusals.set(refused, (refusals.get(refused) ?? 0) + 1);
        const restMs = arrivedAt + REFUSAL_MS - elapsed();
        if (restMs > 0) await pause(restMs);
        throw tooMany(prices);
      }
      if (id !== null) refusals.delete(id);
      let isPaid = false;
      try {
        const right = await look();
        isPaid = !right;
        return right ? succeeded() : false;
      } finally {
        place.leave(isPaid);
      }
    },
  };
};
