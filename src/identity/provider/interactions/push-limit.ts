import type { Client } from 'oidc-provider';
import type { CommonCounts } from '#infra/workers/common-counts.ts';
import { recordOf } from '../records/client-metadata.ts';
import { createPlaces } from './places.ts';

/** Requests of one network that were pushed in the name of public clients, each of 4 KiB at most. */
const MAX_OPEN = 500;

/**
 * Who may push one more request: a client that has proved itself, always; anybody in the name of a public one, so many a network. In
 * memory, for this process and the workers beside it.
 *
 * @param options.lifeSeconds of a pushed request that nobody begins with
 * @param options.elapsed milliseconds of a clock that never goes back
 * @param options.common where several processes count together
 * @returns throws AppError `too-many-pushed-requests` 429
 */
export const createPushLimit = (options: {
  readonly lifeSeconds: number;
  readonly elapsed?: () => number;
  readonly common?: CommonCounts | undefined;
}): ((client: Client, address: string) => void) => {
  const { lifeSeconds, elapsed = () => performance.now(), common } = options;
  const refusal = ['too-many-pushed-requests', 'Too many pushed requests of this network wait for a browser.'] as const;
  const take = createPlaces({ max: MAX_OPEN, lifeSeconds, refusal, elapsed, common });
  return (client, address) => {
    if (recordOf(client).authMethod === 'none') take(address);
  };
};
