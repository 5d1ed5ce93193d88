import { boundedKey } from '#infra/cache/bounded-key.ts';
import { networkOf } from '#infra/secrets/attempts/network.ts';
import { createTokenBuckets } from '#infra/secrets/attempts/token-buckets.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { CommonCounts } from '#infra/workers/common-counts.ts';
import type { OpenInteractions } from '../seams/open-interactions.ts';

/**
 * Interactions of one network. Each takes less than 8 KiB, because the request that it is made of has a limit, so a network fills 4 MiB at
 * once and as much again in the half hour after which the first expire.
 */
const MAX_OPEN = 500;
const MAX_NETWORKS = 50_000;
/** Milliseconds between two lines of the log. */
const TOLD_MS = 60_000;

/**
 * Counts the interactions that are open, by network: an IPv4 address, or the first 64 bits of an IPv6 address. One that is finished gives
 * its place back at once, one that is left alone after as long as it lives. In memory, for this process and
 * the workers beside it: one that was opened here may be finished there.
 *
 * @param options.lifeSeconds how long an interaction lives that nobody goes on with
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.common where several processes count together
 */
export const createOpenInteractions = (options: {
  readonly lifeSeconds: number;
  readonly log: Pick<Telemetry['log'], 'warn'>;
  readonly elapsed?: () => number;
  readonly common?: CommonCounts | undefined;
}): OpenInteractions => {
  const { lifeSeconds, log, elapsed = () => performance.now(), common } = options;
  const everyMs = (lifeSeconds * 1000) / MAX_OPEN;
  const places = createTokenBuckets({ burst: MAX_OPEN, everyMs, max: MAX_NETWORKS, elapsed, common });
  let toldAt = Number.NEGATIVE_INFINITY;

  const tell = (network: string): void => {
    if (elapsed() - toldAt < TOLD_MS) return;
    toldAt = elapsed();
    log.warn(`log-ins from ${network} are refused: ${MAX_OPEN} of them wait for a person`, { 'client.address': network, count: MAX_OPEN });
  };

  return {
    open: (address) => {
      const network = networkOf(address);
      const key = boundedKey(network);
      if (places.has(key)) {
        places.take(key);
        return 0;
      }
      tell(network);
      return Math.max(1, Math.ceil(places.waitMs(key) / 1000));
    },
    close: (address) => places.giveBack(boundedKey(networkOf(address))),
  };
};
