import { publicCause } from '#infra/apperr/public-cause.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import { throwFailures } from '#kms/tenants/failures.ts';
import { apiKeyUsesStore } from './api-key-uses.store.ts';
import type { ApiKeyAddress } from './api-key-text.ts';

/** Milliseconds between two writes: a key costs each replica one statement in this time, however often it is used. */
const PERIOD_MS = 60_000;
/** Keys whose use waits to be written; that of one more is not noted. */
const MAX_WAITING = 10_000;

/**
 * When API keys were used last: noted in memory by requests, and written by a job. It decides nothing, so it may be a minute late, and the
 * last minute before a stop may be missing.
 */
export interface LastUses {
  /** @param address of a key that was good */
  note(address: ApiKeyAddress): void;
  readonly job: Job;
}

/** @param options.now epoch milliseconds */
export const createLastUses = (options: { readonly tenants: Pick<TenantDirectory, 'byId'>; readonly now: () => number }): LastUses => {
  const { tenants, now } = options;
  /** By id of the API key. */
  let waiting = new Map<string, { readonly tenantId: string; readonly at: number }>();

  const write = async (tenantId: string, uses: readonly { readonly id: string; readonly at: number }[]): Promise<void> => {
    const tenant = await tenants.byId(tenantId);
    if (tenant === undefined) return;
    const { db } = await tenant.database();
    await apiKeyUsesStore(db).write(uses);
  };

  return {
    note: ({ tenantId, id }) => {
      if (waiting.size < MAX_WAITING || waiting.has(id)) waiting.set(id, { tenantId, at: now() });
    },
    job: {
      name: 'write-api-key-uses',
      periodMs: PERIOD_MS,
      run: async (signal) => {
        const taken = [...waiting].map(([id, use]) => ({ id, ...use }));
        waiting = new Map();
        const failures: string[] = [];
        for (const [tenantId, uses] of Map.groupBy(taken, (use) => use.tenantId)) {
          signal.throwIfAborted();
          await write(tenantId, uses).catch((error: unknown) => failures.push(`tenant ${tenantId}: ${publicCause(error)}`));
        }
        throwFailures('api-key-uses-not-written', failures);
      },
    },
  };
};
