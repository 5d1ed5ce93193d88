import { AppError } from '#infra/apperr/app-error.ts';
import { type BoundedMap, createBoundedMap } from '#infra/cache/bounded-map.ts';
import { networkOf } from './network.ts';

interface Limit {
  /** Failures that cost nothing yet. */
  readonly free: number;
  /** Milliseconds; the first delay is a second, each further failure doubles it. */
  readonly longestDelayMs: number;
}

/**
 * A person mistypes; an office shares an address; an account is tried from many addresses. The last is delayed by seconds at
 * most: whoever guesses from many addresses may slow the owner down at a new address, but never lock them out.
 */
const PAIR: Limit = { free: 5, longestDelayMs: 60_000 };
const ADDRESS: Limit = { free: 50, longestDelayMs: 60_000 };
const ACCOUNT: Limit = { free: 20, longestDelayMs: 5_000 };

const FIRST_DELAY_MS = 1_000;
/**
 * Each failure is forgotten this many milliseconds after it, whatever came since: many people who share an address and mistype
 * now and then never add up to a delay, and whoever guesses gains nothing over guessing in bursts with pauses between.
 */
const MEMORY_MS = 15 * 60_000;
/** An address from which an account logged in keeps its standing for this many milliseconds. */
const TRUST_MS = 24 * 60 * 60_000;

/**
 * When they happened, oldest first. It needs no bound but time: in a quarter of an hour the delays let through the free ones and
 * then one for each longest delay, about 200 at most.
 */
type Failures = readonly number[];

/** A guess at a password; it counts as failed until it is said to have succeeded. */
interface Attempt {
  /**
   * The password was right: the pair starts anew, the address is known to the account from now on, and for the others at the
   * address it is as if there had been no attempt.
   */
  succeeded(): void;
  /** The guess was not looked at, for example because the queue was full: it is as if there had been no attempt. */
  withdrawn(): void;
}

/** Slows down guessing: per account and address together, per address, and per account from addresses that are new to it. */
export interface AttemptLimits {
  /**
   * Counts an attempt before the password is checked, so that guesses sent at once count too.
   *
   * @param guess.address of the peer, as the socket has it; an IPv6 address counts by its /64
   * @throws AppError `too-many-attempts` 429 with Retry-After in seconds, while a delay runs
   */
  begin(guess: { readonly account: string; readonly address: string }): Attempt;
  /** A password that was found right a moment ago came again, and nobody had to look: the pair starts anew, too. */
  rightAgain(credential: { readonly account: string; readonly address: string }): void;
}

/** The key of an account as seen from one network. */
const pairOf = (account: string, network: string): string => JSON.stringify([account, network]);

/**
 * Nobody can be locked out for good: delays end within a minute, an attempt refused during a delay does not prolong it, and an
 * address from which the account has logged in is not slowed by what others try. All of it is in memory, and bounded.
 *
 * @param options.max entries kept of each kind; the one unused for longest goes first
 * @param options.now epoch milliseconds
 */
export const createAttemptLimits = (options: { readonly max?: number; readonly now?: () => number } = {}): AttemptLimits => {
  const { max = 10_000, now = Date.now } = options;
  const pairs = createBoundedMap<Failures>({ max });
  const addresses = createBoundedMap<Failures>({ max });
  const accounts = createBoundedMap<Failures>({ max });
  const trustedAt = createBoundedMap<number>({ max });

  const remembered = (map: BoundedMap<Failures>, key: string): Failures => (map.get(key) ?? []).filter((at) => now() - at < MEMORY_MS);
  /** Milliseconds that are still to wait. */
  const delayOf = (failures: Failures, limit: Limit): number => {
    const lastAt = failures.at(-1);
    if (lastAt === undefined || failures.length < limit.free) return 0;
    const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures.length - limit.free, 30), limit.longestDelayMs);
    return Math.max(0, lastAt + delay - now());
  };

  return {
    rightAgain: ({ account, address }) => void pairs.delete(pairOf(account, networkOf(address))),
    begin: ({ account, address }) => {
      const network = networkOf(address);
      const pair = pairOf(account, network);
      const isTrusted = (trustedAt.get(pair) ?? 0) > now() - TRUST_MS;
      const counted = [
        { map: pairs, key: pair, limit: PAIR },
        { map: addresses, key: network, limit: ADDRESS },
        ...(isTrusted ? [] : [{ map: accounts, key: account, limit: ACCOUNT }]),
      ].map((entry) => ({ ...entry, before: remembered(entry.map, entry.key) }));

      const waitMs = Math.max(...counted.map(({ before, limit }) => delayOf(before, limit)));
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1000);
        throw new AppError('too-many-attempts', 429, 'Too many failed attempts to log in.', {
          fix: `Wait ${seconds} s and try again.`,
          headers: { 'retry-after': String(seconds) },
        });
      }
      const at = now();
      for (const { map, key, before } of counted) map.set(key, [...before, at]);

      // Its own mark and no other: a delay that other failures earned, before it or meanwhile, stays as long as it was.
      const takeBack = (): void => {
        for (const { map, key } of counted) {
          const failures = remembered(map, key);
          const own = failures.lastIndexOf(at);
          const others = own < 0 ? failures : failures.toSpliced(own, 1);
          if (others.length > 0) map.set(key, others);
          else map.delete(key);
        }
      };
      return {
        succeeded: () => {
          takeBack();
          pairs.delete(pair);
          trustedAt.set(pair, now());
        },
        withdrawn: takeBack,
      };
    },
  };
};
