import { AppError } from '#infra/apperr/app-error.ts';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { networkOf } from '#infra/secrets/attempts/network.ts';
import { createTokenBuckets } from '#infra/secrets/attempts/token-buckets.ts';
import type { CommonCounts } from '#infra/workers/common-counts.ts';

/** Networks that are told apart at once. */
export const MAX_NETWORKS = 50_000;

/** An IPv4 address, or the first 64 bits of an IPv6 address. */
export const keyOf = (address: string): BoundedKey => boundedKey(networkOf(address));

export const tooMany = (code: string, message: string, waitMs: number): AppError => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AppError(code, 429, message, { fix: `Wait ${seconds} s and try again.`, headers: { 'retry-after': String(seconds) } });
};

/**
 * Bounds what the strangers of a network may store: `max` at once, and after that `max` in each `lifeSeconds`, evenly, as the first ones
 * end. In memory, for this process and the workers beside it.
 *
 * @param options.lifeSeconds of what takes a place
 * @param options.refusal code and message
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.common where several processes have the places together
 * @returns takes a place for an address; it throws AppError 429 with the code where there is none
 */
export const createPlaces = (options: {
  readonly max: number;
  readonly lifeSeconds: number;
  readonly refusal: readonly [code: string, message: string];
  readonly elapsed: () => number;
  readonly common?: CommonCounts | undefined;
}): ((address: string) => void) => {
  const { max, lifeSeconds, refusal, elapsed, common } = options;
  const places = createTokenBuckets({ burst: max, everyMs: (lifeSeconds * 1000) / max, max: MAX_NETWORKS, elapsed, common });
  return (address) => {
    const key = keyOf(address);
    if (!places.has(key)) throw tooMany(...refusal, places.waitMs(key));
    places.take(key);
  };
};
