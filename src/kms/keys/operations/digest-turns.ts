import { setImmediate } from 'node:timers/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { createFairQueue } from '#infra/secrets/fair-queue.ts';

/** Turns of the signatures over digests, which hold the event loop for some milliseconds each: Node makes those of RSA nowhere else. */
export interface DigestTurns {
  /** @throws AppError `digest-signing-busy` 429 */
  take<T>(tenantId: string, sign: () => T | Promise<T>): Promise<T>;
}

const busy = (): AppError =>
  new AppError('digest-signing-busy', 429, 'As many signatures over digests are being made as may wait at once.', {
    fix: 'Try again in a second, or give the payload in place of its digest.',
    headers: { 'retry-after': '1' },
  });

/**
 * One signature is made in a turn of the event loop, so that what waits for the loop goes on between two.
 *
 * @param ofTenant signatures of one tenant that wait or are being made: those that four batches have at work
 * @param all of all tenants
 */
export const createDigestTurns = ({
  ofTenant = 100,
  all = 400,
}: { readonly ofTenant?: number; readonly all?: number } = {}): DigestTurns => {
  const queue = createFairQueue({ ofOwner: ofTenant, all });
  return {
    take: async (tenantId, sign) => {
      const signed = queue.run(tenantId, async () => {
        await setImmediate();
        return sign();
      });
      if (signed === null) throw busy();
      return signed;
    },
  };
};
