import type { BoundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { CommonCounts } from '#infra/workers/common-counts.ts';

/** A bucket of tokens for each key; a key that nobody took from has a full one. */
export interface TokenBuckets {
  /** @param reserved tokens that stay out of account, because somebody else waits for them */
  has(key: BoundedKey, reserved?: number): boolean;
  /** @param tokens 1 where absent */
  take(key: BoundedKey, tokens?: number): void;
  giveBack(key: BoundedKey): void;
  /** Milliseconds until there are so many tokens, 1 where not said; 0 when there are. */
  waitMs(key: BoundedKey, tokens?: number): number;
}

/**
 * An entry is one number: the time at which the bucket is full again (the generic cell rate algorithm).
 *
 * @param options.burst tokens of a full bucket
 * @param options.everyMs milliseconds in which one token comes back
 * @param options.max buckets that are not full and are remembered; the one unused for longest counts as full then
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.common where several processes have the buckets together
 */
export const createTokenBuckets = (options: {
  readonly burst: number;
  readonly everyMs: number;
  readonly max: number;
  readonly elapsed: () => number;
  readonly common?: CommonCounts | undefined;
}): TokenBuckets => {
  const { burst, everyMs, max, elapsed, common } = options;
  const fullAt = createBoundedMap<number>({ max });
  /** Milliseconds until the bucket is full. */
  const missingMs = (key: BoundedKey): number => Math.max(0, (fullAt.get(key) ?? 0) - elapsed());
  /** Takes tokens away; gives them back where they are less than none. */
  const change = (key: BoundedKey, tokens: number): void => {
    const missing = missingMs(key) + tokens * everyMs;
    if (missing > 0) fullAt.set(key, elapsed() + missing);
    else fullAt.delete(key);
  };
  common?.onOthers(change);
  return {
    has: (key, reserved = 0) => missingMs(key) <= (burst - 1 - reserved) * everyMs,
    take: (key, tokens = 1) => {
      change(key, tokens);
      common?.add(key, tokens);
    },
    giveBack: (key) => {
      change(key, -1);
      common?.add(key, -1);
    },
    waitMs: (key, tokens = 1) => Math.max(0, missingMs(key) - (burst - tokens) * everyMs),
  };
};
