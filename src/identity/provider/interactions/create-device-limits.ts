import { createTokenBuckets } from '#infra/secrets/attempts/token-buckets.ts';
import type { CommonCounts } from '#infra/workers/common-counts.ts';
import type { CodeGuesses } from '../seams/user-codes.ts';
import { createPlaces, keyOf, MAX_NETWORKS, tooMany } from './places.ts';

/**
 * Wrong codes of one network: some at once, then one in ten seconds. Within the ten minutes of a code these are 80 guesses at 20^8 codes;
 * where a network has as many codes open as it may, it finds one of them with a probability of 2 in a million.
 */
const GUESSES = { burst: 20, everyMs: 10_000 };
/** Codes of one network that nobody has entered yet: each is a row, and anybody may ask for one. */
const MAX_OPEN = 500;

export interface DeviceLimits {
  readonly guesses: CodeGuesses;
  /** Takes a place for one more code. @throws AppError `too-many-codes` 429 */
  openCode(address: string): void;
}

/**
 * In memory, for this process and the workers beside it.
 *
 * @param options.lifeSeconds of a code
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.common where several processes count together
 */
export const createDeviceLimits = (options: {
  readonly lifeSeconds: number;
  readonly elapsed?: () => number;
  readonly common?: (of: 'codes' | 'codes-entered') => CommonCounts | undefined;
}): DeviceLimits => {
  const { lifeSeconds, elapsed = () => performance.now(), common = () => undefined } = options;
  const looks = createTokenBuckets({ ...GUESSES, max: MAX_NETWORKS, elapsed, common: common('codes-entered') });
  const refusal = ['too-many-codes', 'Too many devices of this network wait for a person.'] as const;
  return {
    guesses: {
      pay: (address) => {
        const key = keyOf(address);
        if (!looks.has(key)) throw tooMany('too-many-attempts', 'Too many wrong codes came from your network.', looks.waitMs(key));
        looks.take(key);
      },
      giveBack: (address) => looks.giveBack(keyOf(address)),
    },
    openCode: createPlaces({ max: MAX_OPEN, lifeSeconds, refusal, elapsed, common: common('codes') }),
  };
};
