import { networkOf } from '#infra/secrets/attempts/network.ts';
import type { Logger } from '#infra/telemetry/telemetry.ts';
import { type Refusal, type RefusalLog, REFUSALS_SUMMED_MS, REFUSALS_TOLD } from '../refusals.ts';

/** Networks and kinds that are told apart in a period; what comes from more of them is one sum for each kind. */
const MAX_KINDS = 500;

interface Sum {
  readonly network: string;
  readonly status: number;
  readonly code: string;
  count: number;
}

/**
 * Logs refusals: of each network (an IPv4 address, or the first 64 bits of an IPv6 address) and kind the first ones in full, the others
 * of the same period as one line with their number. A stranger who asks without end costs a few lines a minute, and none of his requests
 * goes uncounted.
 */
export const createRefusalLog = (log: Pick<Logger, 'warn'>): RefusalLog => {
  const sums = new Map<string, Sum>();

  const tell = (): void => {
    for (const { network, status, code, count } of sums.values()) {
      const more = count - (network === OTHERS ? 0 : REFUSALS_TOLD);
      if (more <= 0) continue;
      const attributes = { 'client.address': network, 'http.response.status_code': status, code, count: more };
      log.warn(`${more} more requests from ${network} were refused with ${status}: ${code}`, attributes);
    }
    sums.clear();
  };
  // It begins here, so that the sums belong to no request's trace.
  const timer = setInterval(tell, REFUSALS_SUMMED_MS).unref();

  const sumOf = (network: string, { status, code }: Refusal): Sum => {
    const key = `${network} ${status} ${code}`;
    const sum = sums.get(key);
    if (sum !== undefined) return sum;
    const added = { network, status, code, count: 0 };
    sums.set(key, added);
    return added;
  };

  return {
    refused: (refusal) => {
      const network = networkOf(refusal.address);
      const isKnown = sums.has(`${network} ${refusal.status} ${refusal.code}`);
      const sum = sumOf(isKnown || sums.size < MAX_KINDS ? network : OTHERS, refusal);
      sum.count += 1;
      if (sum.network !== OTHERS && sum.count <= REFUSALS_TOLD) {
        log.warn(refusal.message, { ...refusal.attributes, 'client.address': refusal.address });
      }
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      tell();
    },
  };
};

const OTHERS = 'other networks';
