import type { BoundedKey } from '#infra/cache/bounded-key.ts';
import type { Clock } from '#infra/jobs/clock.ts';
import { GUESS_MS } from '#infra/magic/limits.ts';
import type { TokenBuckets } from './token-buckets.ts';

/** Guesses that wait at once for the same token, and for any. */
const MAX_WAITING_EACH = 32;
const MAX_WAITING = 256;
/** Looks at once: the queue of password checks keeps room for known names, which need not wait here. */
const MAX_LOOKS = 16;
/** Milliseconds between two looks at a list in which a token is due that is reserved. */
const LOOK_AGAIN_MS = 50;

/** One token of a bucket; keys of different kinds differ. */
export interface Price {
  readonly buckets: TokenBuckets;
  readonly key: BoundedKey;
}

export interface Turn {
  readonly prices: readonly Price[];
  /** Where the guess comes from; when looks or places are short, networks have them in turn. */
  readonly network: BoundedKey;
  /** How often this guess waited in vain before. */
  readonly refusals: number;
}

interface Waiter extends Turn {
  readonly decide: (admitted: boolean) => void;
}

/** A place in the list. */
export interface Place {
  /** True once the guess is paid and may be looked at; false when it waited in vain. */
  readonly decided: Promise<boolean>;
  readonly isAdmitted: () => boolean;
  /** Ends the look, or the wait. @param paid false: the price is given back */
  leave(paid: boolean): void;
}

export interface WaitingList {
  readonly isEmpty: () => boolean;
  join(turn: Turn): Place;
}

/** Milliseconds until all of a price can be paid, as far as nobody takes it away. */
export const dueMs = (prices: readonly Price[]): number => Math.max(...prices.map(({ buckets, key }) => buckets.waitMs(key)));

/**
 * The guesses that wait until they can be paid. Those that waited in vain most often go first, and among equals the one that came
 * first. A guess that lacks one token reserves the others, so that nobody with less right takes them away for ever.
 *
 * Networks take turns: the one with the fewest looks under way goes first, and when there are too many guesses, the network with the
 * most of them loses its last one. A guess that could be paid leaves only where all could be.
 *
 * @param options.closing once it aborts, all that wait have waited in vain, and so has whoever would have to
 */
export const createWaitingList = (options: { readonly clock: Pick<Clock, 'after'>; readonly closing: AbortSignal }): WaitingList => {
  const { clock, closing } = options;
  /** In the order in which they may go. */
  const waiting: Waiter[] = [];
  let looks = 0;
  const looksOf = new Map<BoundedKey, number>();
  let alarm: Disposable | null = null;

  const remove = (waiter: Waiter): boolean => {
    const at = waiting.indexOf(waiter);
    if (at >= 0) waiting.splice(at, 1);
    return at >= 0;
  };
  const decide = (waiter: Waiter, admitted: boolean): void => {
    if (remove(waiter)) waiter.decide(admitted);
  };
  closing.addEventListener('abort', () => waiting.slice().forEach((waiter) => decide(waiter, false)), { once: true });

  const admitThoseWhoMay = (): void => {
    const reserved = new Map<BoundedKey, number>();
    const before = ({ key }: Price): number => reserved.get(key) ?? 0;
    const inTurn = waiting.toSorted((a, b) => (looksOf.get(a.network) ?? 0) - (looksOf.get(b.network) ?? 0));
    for (const waiter of inTurn) {
      if (looks >= MAX_LOOKS) return;
      const { prices } = waiter;
      const lacking = prices.filter((price) => !price.buckets.has(price.key, before(price)));
      if (lacking.length === 0) {
        for (const { buckets, key } of prices) buckets.take(key);
        looks += 1;
        looksOf.set(waiter.network, (looksOf.get(waiter.network) ?? 0) + 1);
        decide(waiter, true);
        continue;
      }
      // The next token that it lacks is somebody else's: until that one went, it holds up nobody.
      if (lacking.some((price) => before(price) > 0)) continue;
      for (const price of prices) reserved.set(price.key, before(price) + 1);
    }
  };

  const pump = (): void => {
    admitThoseWhoMay();
    alarm?.[Symbol.dispose]();
    alarm = null;
    // While as many are looked at as may be, the end of a look goes on.
    if (waiting.length === 0 || looks >= MAX_LOOKS) return;
    const soonestMs = Math.min(...waiting.map(({ prices }) => dueMs(prices)));
    // What is due and not admitted waits for a reserved token, which others will take or leave.
    alarm = clock.after(Math.max(soonestMs, LOOK_AGAIN_MS), pump);
  };

  const isPayable = ({ prices }: Waiter): boolean => prices.every(({ buckets, key }) => buckets.has(key, 0));

  /** One of a group that has become too long leaves. */
  const shorten = (isInGroup: (waiter: Waiter) => boolean, limit: number): void => {
    const group = waiting.filter(isInGroup);
    if (group.length <= limit) return;
    const unpaid = group.filter((waiter) => !isPayable(waiter));
    const byNetwork = Map.groupBy(unpaid.length > 0 ? unpaid : group, ({ network }) => network);
    const most = [...byNetwork.values()].reduce((one, other) => (other.length >= one.length ? other : one));
    const last = most.at(-1);
    if (last !== undefined) decide(last, false);
  };

  return {
    isEmpty: () => waiting.length === 0,
    join: (turn) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      let isAdmitted = false;
      let deadline: Disposable | null = null;
      const waiter: Waiter = {
        ...turn,
        decide: (admitted) => {
          isAdmitted = admitted;
          deadline?.[Symbol.dispose]();
          resolve(admitted);
        },
      };
      const at = waiting.findIndex(({ refusals }) => refusals < turn.refusals);
      waiting.splice(at < 0 ? waiting.length : at, 0, waiter);
      pump();
      for (const { key } of turn.prices) shorten(({ prices }) => prices.some((price) => price.key === key), MAX_WAITING_EACH);
      shorten(() => true, MAX_WAITING);
      if (closing.aborted) decide(waiter, false);
      if (waiting.includes(waiter)) deadline = clock.after(GUESS_MS, () => decide(waiter, false));
      return {
        decided: promise,
        isAdmitted: () => isAdmitted,
        leave: (paid) => {
          decide(waiter, false);
          if (!isAdmitted) return;
          looks -= 1;
          const left = (looksOf.get(turn.network) ?? 0) - 1;
          if (left > 0) looksOf.set(turn.network, left);
          else looksOf.delete(turn.network);
          if (!paid) for (const { buckets, key } of turn.prices) buckets.giveBack(key);
          pump();
        },
      };
    },
  };
};
