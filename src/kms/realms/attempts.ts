import { AppError } from '#infra/apperr/app-error.ts';

interface Limit {
  /** Failures that cost nothing yet. */
  readonly free: number;
  /** Milliseconds of the first delay; each further failure doubles it. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** A person mistypes; an office shares an address; an account is tried from many addresses. */
const PAIR: Limit = { free: 5, firstDelayMs: 1_000, longestDelayMs: 60_000 };
const ADDRESS: Limit = { free: 50, firstDelayMs: 1_000, longestDelayMs: 60_000 };
const ACCOUNT: Limit = { free: 20, firstDelayMs: 1_000, longestDelayMs: 30_000 };

/** Failures are forgotten this many milliseconds after the last one. */
const MEMORY_MS = 15 * 60_000;
/** An address from which an account logged in keeps its standing for this many milliseconds. */
const TRUST_MS = 24 * 60 * 60_000;

interface Failures {
  count: number;
  lastAt: number;
}

/** A map that forgets its oldest entry rather than grow without end. */
const bounded = <V>(max: number): { get(key: string): V | undefined; set(key: string, value: V): void; delete(key: string): void } => {
  const entries = new Map<string, V>();
  return {
    get: (key) => entries.get(key),
    set: (key, value) => {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size <= max) return;
      const oldest = entries.keys().next();
      if (!oldest.done) entries.delete(oldest.value);
    },
    delete: (key) => void entries.delete(key),
  };
};

/** One guess at a password; it counts as failed until it is said to have succeeded. */
interface Attempt {
  succeeded(): void;
  /** The guess was not looked at (the queue was full), so it does not count. */
  withdrawn(): void;
}

/** Slows down guessing: per account and address together, per address, and per account from addresses that are new to it. */
export interface Attempts {
  /**
   * Counts an attempt before the password is checked, so that guesses sent at once count too.
   *
   * @throws AppError `too-many-attempts` 429 with Retry-After, while a delay runs
   */
  begin(account: string, address: string): Attempt;
}

/**
 * Nobody can be locked out for good: delays end within a minute, an attempt refused during a delay does not prolong it, and an
 * address from which the account has logged in is not slowed by what others try.
 *
 * @param options.max entries kept of each kind; the oldest goes first
 * @param options.now epoch milliseconds
 */
export const createAttempts = (options: { readonly max?: number; readonly now?: () => number } = {}): Attempts => {
  const { max = 10_000, now = Date.now } = options;
  const failures = { pair: bounded<Failures>(max), address: bounded<Failures>(max), account: bounded<Failures>(max) };
  const trusted = bounded<number>(max);

  const remembered = (map: (typeof failures)['pair'], key: string): Failures => {
    const entry = map.get(key);
    return entry === undefined || now() - entry.lastAt > MEMORY_MS ? { count: 0, lastAt: 0 } : entry;
  };
  /** Milliseconds that are still to wait. */
  const delayOf = ({ count, lastAt }: Failures, limit: Limit): number => {
    if (count < limit.free) return 0;
    const delay = Math.min(limit.firstDelayMs * 2 ** Math.min(count - limit.free, 30), limit.longestDelayMs);
    return Math.max(0, lastAt + delay - now());
  };

  return {
    begin: (account, address) => {
      const pairKey = JSON.stringify([account, address]);
      const isTrusted = (trusted.get(pairKey) ?? 0) > now() - TRUST_MS;
      const counted = [
        { map: failures.pair, key: pairKey, limit: PAIR },
        { map: failures.address, key: address, limit: ADDRESS },
        ...(isTrusted ? [] : [{ map: failures.account, key: account, limit: ACCOUNT }]),
      ].map((entry) => ({ ...entry, before: remembered(entry.map, entry.key) }));

      const waitMs = Math.max(...counted.map(({ before, limit }) => delayOf(before, limit)));
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1000);
        throw new AppError('too-many-attempts', 429, 'Too many failed attempts to log in.', {
          fix: `Wait ${seconds} s and try again.`,
          headers: { 'retry-after': String(seconds) },
        });
      }
      for (const { map, key, before } of counted) map.set(key, { count: before.count + 1, lastAt: now() });

      const takeBack = (): void => {
        for (const { map, key } of counted) {
          const { count, lastAt } = remembered(map, key);
          if (count > 1) map.set(key, { count: count - 1, lastAt });
          else map.delete(key);
        }
      };
      return {
        succeeded: () => {
          takeBack();
          failures.pair.delete(pairKey);
          trusted.set(pairKey, now());
        },
        withdrawn: takeBack,
      };
    },
  };
};
