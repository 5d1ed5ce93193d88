import { networkOf } from '#infra/secrets/attempts/network.ts';
import { type Entry, entryOfRefusals } from './chain/recorded-act.ts';

/** Milliseconds after which what has no record of its own is recorded as a sum. */
export const SUM_EVERY_MS = 60_000;
/** Networks and kinds that are told apart in a period; what comes from more of them is one sum for each kind. */
const MAX_KINDS = 100;
/** In the place of a network. */
const OTHERS = 'other networks';

/** A request that was refused before an act of a caller could be recorded. */
export interface RefusedRequest {
  readonly address: string;
  readonly status: number;
  readonly code: string;
  readonly credential: string | undefined;
  readonly nameTag: string | undefined;
  readonly tenant: string | undefined;
}

/** Records requests that are refused before the door; it never fails and never waits. */
export interface RefusedRequests {
  refused(request: RefusedRequest): void;
  /** Records the sums of what came since the last call. */
  sum(): void;
}

interface Sum extends Omit<RefusedRequest, 'nameTag'> {
  count: number;
  at: number;
}

/**
 * Of each network (an IPv4 address, or the first 64 bits of an IPv6 address), kind and tenant the first refusal of a minute has a record
 * of its own, and the others one record together. So a flood writes two records a minute for each of at most a hundred of these, and
 * none of its requests goes uncounted. Kinds, our codes, are few, so the sums of other networks are, too.
 *
 * @param options.add records; a refusal is answered whether its record could be written or not
 */
export const createRefusedRequests = (options: {
  readonly add: (entry: Entry) => Promise<void>;
  readonly now: () => number;
}): RefusedRequests => {
  const { add, now } = options;
  const sums = new Map<string, Sum>();
  // A failure is told by the one who writes.
  const record = (of: Parameters<typeof entryOfRefusals>[0]): void => void add(entryOfRefusals(of)).catch(() => {});

  return {
    refused: ({ address, nameTag, ...request }) => {
      const at = now();
      const { status, code, credential, tenant } = request;
      const kind = `${status} ${code} ${credential ?? ''}`;
      const own = `${networkOf(address)} ${tenant ?? ''} ${kind}`;
      const sum = sums.get(own);
      if (sum !== undefined) {
        sum.count += 1;
        sum.at = at;
        return;
      }
      if (sums.size < MAX_KINDS) {
        sums.set(own, { ...request, address: networkOf(address), count: 0, at });
        record({ ...request, address, nameTag, count: 1, at });
        return;
      }
      const others = sums.get(kind) ?? { ...request, tenant: undefined, address: OTHERS, count: 0, at };
      others.count += 1;
      others.at = at;
      sums.set(kind, others);
    },
    sum: () => {
      for (const sum of sums.values()) if (sum.count > 0) record({ ...sum, nameTag: undefined });
      sums.clear();
    },
  };
};
