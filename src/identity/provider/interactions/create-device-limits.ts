import { AppError } from '#infra/apperr/app-error.ts';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { networkOf } from '#infra/secrets/attempts/network.ts';
import { createTokenBuckets } from '#infra/secrets/attempts/token-buckets.ts';
import type { CodeGuesses } from '../seams/user-codes.ts';

/**
 * Wrong codes of one network: some at once, then one in ten seconds. Within the ten minutes of a code these are 80 guesses at 20^8 codes;
 * where a network has as many codes open as it may, it finds one of them with a probability of 2 in a million.
 */
const GUESSES = { burst: 20, everyMs: 10_000 };
/** Codes of one network that nobody has entered yet: each is a row, and anybody may ask for one. */
const MAX_OPEN = 500;
const MAX_NETWORKS = 50_000;

const keyOf = (address: string): BoundedKey => boundedKey(networkOf(address));

const tooMany = (code: string, message: string, waitMs: number): AppError => {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AppError(code, 429, message, { fix: `Wait ${seconds} s and try again.`, headers: { 'retry-after': String(seconds) } });
};

export interface DeviceLimits {
  readonly guesses: CodeGuesses;
  /** Takes a place for one more code. @throws AppError `too-many-codes` 429 */
  openCode(address: string): void;
}

/**
 * In memory, for this process.
 *
 * @param options.lifeSeconds of a code
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createDeviceLimits = (options: { readonly lifeSeconds: number; readonly elapsed?: () => number }): DeviceLimits => {
  const { lifeSeconds, elapsed = () => performance.now() } = options;
  const bucketsOf = (size: { readonly burst: number; readonly everyMs: number }) =>
    createTokenBuckets({ ...size, max: MAX_NETWORKS, elapsed });
  const looks = bucketsOf(GUESSES);
  const codes = bucketsOf({ burst: MAX_OPEN, everyMs: (lifeSeconds * 1000) / MAX_OPEN });
  return {
    guesses: {
      pay: (address) => {
        const key = keyOf(address);
        if (!looks.has(key)) throw tooMany('too-many-attempts', 'Too many wrong codes came from your network.', looks.waitMs(key));
        looks.take(key);
      },
      giveBack: (address) => looks.giveBack(keyOf(address)),
    },
    openCode: (address) => {
      const key = keyOf(address);
      if (!codes.has(key)) throw tooMany('too-many-codes', 'Too many devices of this network wait for a person.', codes.waitMs(key));
      codes.take(key);
    },
  };
};
