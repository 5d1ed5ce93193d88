import { isIPv6 } from 'node:net';
import { AppError } from '#infra/apperr/app-error.ts';

/** How one kind of counter slows attempts down. Times are milliseconds. */
interface Policy {
  /** Failures without any delay. */
  readonly free: number;
  /** Longest delay; it bounds what a foreign attacker can do to the owner of an account. */
  readonly maxDelayMs: number;
}

/**
 * The pair slows down who guesses at one account, the address who tries one password on many accounts. The account alone
 * is delayed by seconds at most: whoever guesses from many addresses may slow its owner down but never lock them out.
 */
const POLICIES = {
  pair: { free: 4, maxDelayMs: 60_000 },
  address: { free: 60, maxDelayMs: 60_000 },
  account: { free: 100, maxDelayMs: 5_000 },
} as const satisfies Record<string, Policy>;

type Kind = keyof typeof POLICIES;
const KINDS = ['pair', 'address', 'account'] as const satisfies readonly Kind[];

const FIRST_DELAY_MS = 1_000;
/** A counter without a failure for so long is forgotten, in milliseconds. */
const FORGET_AFTER_MS = 15 * 60_000;

interface Counter {
  failures: number;
  blockedUntil: number;
  lastAt: number;
}

/** One attempt that was let through; it counts as failed until it is settled. */
interface Attempt {
  /** The password was right: the pair starts anew. */
  succeeded(): void;
  /** Nothing was learnt, for example because the server was too busy: the attempt does not count. */
  withdrawn(): void;
}

export interface AttemptLimits {
  /** @throws AppError `too-many-attempts` (429, `Retry-After` in seconds) while a delay runs; such an attempt does not count */
  begin(attempt: { readonly account: string; readonly address: string }): Attempt;
  /** Counters held, for a test of their bound. */
  size(): number;
}

/** The network that one subscriber holds: an IPv6 address counts by its /64. */
const networkOf = (address: string): string => {
  if (!isIPv6(address) || address.toLowerCase().startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = tail === undefined ? left : [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
};

/**
 * Delays that grow with failed log-ins: 1 s, 2 s, 4 s and so on up to the policy's longest, per account and address.
 * An attempt counts before it is judged, so that many at once gain nothing. Counters are in memory and bounded.
 *
 * @param options.max counters of each kind; the one unused for longest goes first
 * @param options.now epoch milliseconds
 */
export const createAttemptLimits = (options: { readonly max?: number; readonly now?: () => number } = {}): AttemptLimits => {
  const { max = 10_000, now = Date.now } = options;
  const counters: Record<Kind, Map<string, Counter>> = { pair: new Map(), address: new Map(), account: new Map() };

  const read = (kind: Kind, key: string): Counter | undefined => {
    const counter = counters[kind].get(key);
    if (counter === undefined || now() - counter.lastAt < FORGET_AFTER_MS) return counter;
    counters[kind].delete(key);
    return undefined;
  };

  const write = (kind: Kind, key: string, counter: Counter): void => {
    const map = counters[kind];
    map.delete(key);
    map.set(key, counter);
    for (const oldest of map.keys()) {
      if (map.size <= max) break;
      map.delete(oldest);
    }
  };

  const count = (kind: Kind, key: string): void => {
    const { free, maxDelayMs } = POLICIES[kind];
    const failures = (read(kind, key)?.failures ?? 0) + 1;
    const over = failures - free;
    const delay = over <= 0 ? 0 : Math.min(FIRST_DELAY_MS * 2 ** Math.min(over - 1, 20), maxDelayMs);
    write(kind, key, { failures, blockedUntil: now() + delay, lastAt: now() });
  };

  const uncount = (kind: Kind, key: string): void => {
    const counter = read(kind, key);
    if (counter === undefined) return;
    if (counter.failures <= 1) counters[kind].delete(key);
    else write(kind, key, { failures: counter.failures - 1, blockedUntil: 0, lastAt: counter.lastAt });
  };

  return {
    begin: ({ account, address }) => {
      const network = networkOf(address);
      const keys: Record<Kind, string> = { pair: JSON.stringify([account, network]), address: network, account };
      const waitMs = Math.max(...KINDS.map((kind) => (read(kind, keys[kind])?.blockedUntil ?? 0) - now()));
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1000);
        throw new AppError('too-many-attempts', 429, 'Too many failed log-ins.', {
          headers: { 'retry-after': String(seconds) },
          fix: `Wait ${seconds} s and try again.`,
        });
      }
      for (const kind of KINDS) count(kind, keys[kind]);
      return {
        succeeded: () => {
          counters.pair.delete(keys.pair);
          uncount('address', keys.address);
          uncount('account', keys.account);
        },
        withdrawn: () => {
          for (const kind of KINDS) uncount(kind, keys[kind]);
        },
      };
    },
    size: () => KINDS.reduce((sum, kind) => sum + counters[kind].size, 0),
  };
};
