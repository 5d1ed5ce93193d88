import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { DevicePolls } from '../seams/device-polls.ts';

const INTERVAL_S = 5;
/** "the interval MUST be increased by 5 seconds for this and all subsequent requests": RFC 8628 section 3.5 */
const SLOWER_S = 5;
/** A device that never listens is still answered once in so many seconds. */
const MAX_INTERVAL_S = 60;
/** Milliseconds by which a question may come early: networks are not even. */
const TOLERANCE_MS = 1_000;
/**
 * Milliseconds within which two requests are one question: a library that does not know yet how the server wants its client to
 * authenticate (golang.org/x/oauth2) asks both ways and reads the second answer alone.
 */
const MOMENT_MS = 1_000;
/** Codes that are asked about at once; the one not heard of for longest goes first, and is asked about anew. */
const MAX_CODES = 20_000;

interface Poll {
  /** Of the first request of the last question. */
  readonly at: number;
  /** How often it was answered: by two requests it is used up. */
  readonly answers: number;
  readonly tooSoon: boolean;
  readonly intervalMs: number;
}

/**
 * Remembers when each device asked last, in memory, for this process: of replicas each counts for itself.
 *
 * @param elapsed milliseconds of a clock that never goes back
 */
export const createDevicePolls = (elapsed: () => number = () => performance.now()): DevicePolls => {
  const polls = createBoundedMap<Poll>({ max: MAX_CODES });
  return {
    intervalSeconds: INTERVAL_S,
    isTooSoon: (deviceCode) => {
      const key = boundedKey(deviceCode);
      const at = elapsed();
      const last = polls.get(key);
      if (last !== undefined && last.answers === 1 && at - last.at < MOMENT_MS) {
        polls.set(key, { ...last, answers: 2 });
        return last.tooSoon;
      }
      const tooSoon = last !== undefined && at - last.at < last.intervalMs - TOLERANCE_MS;
      const slower = tooSoon ? SLOWER_S * 1000 : 0;
      const intervalMs = Math.min((last?.intervalMs ?? INTERVAL_S * 1000) + slower, MAX_INTERVAL_S * 1000);
      polls.set(key, { at, answers: 1, tooSoon, intervalMs });
      return tooSoon;
    },
  };
};
