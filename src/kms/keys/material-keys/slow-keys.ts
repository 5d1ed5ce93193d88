import { AppError } from '#infra/apperr/app-error.ts';
import { createFairQueue } from '#infra/secrets/fair-queue.ts';

/** Makes keys that take seconds of a processor, such as those of RSA. */
export interface SlowKeys {
  /** @throws AppError `key-generation-busy` 429 */
  make<T>(tenantId: string, generate: () => Promise<T>): Promise<T>;
}

const busy = (): AppError =>
  new AppError('key-generation-busy', 429, 'As many keys of RSA are being made as may wait at once.', {
    fix: 'Try again in some seconds; keys on curves are made at once.',
    headers: { 'retry-after': '5' },
  });

/**
 * One key is made at a time, so that the thread pool of Node, which hashes passwords and unwraps keys as well, keeps its other threads.
 *
 * @param ofTenant keys of one tenant that wait or are being made, so that it leaves places to others
 * @param all of all tenants
 */
export const createSlowKeys = ({ ofTenant = 4, all = 32 }: { readonly ofTenant?: number; readonly all?: number } = {}): SlowKeys => {
  const queue = createFairQueue({ ofOwner: ofTenant, all });
  return {
    make: async (tenantId, generate) => {
      const made = queue.run(tenantId, generate);
      if (made === null) throw busy();
      return made;
    },
  };
};
