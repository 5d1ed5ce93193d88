import { AppError } from '#infra/apperr/app-error.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import type { CommonCounts } from '#infra/workers/common-counts.ts';
import { createTokenBuckets } from '#infra/secrets/attempts/token-buckets.ts';

/** Tenants that are counted at once; one that asked for nothing for longest counts as one that has everything left. */
const MAX_TENANTS = 10_000;

/**
 * Counts requests of a tenant, one where not said. More than fit into a full window count as a full one.
 *
 * @throws AppError `tenant-rate-limited` 429 with Retry-After for a request that is one too many; then none is counted
 */
export type CountRequests = (tenantId: string, requests?: number) => void;

/**
 * Counts the requests of a tenant, whoever asks in its name and from wherever: many at once up to `max`, then as fast as they come back
 * over the window. Each replica counts for itself, and the workers of one together.
 *
 * @param options.elapsed milliseconds of a clock that never goes back
 * @see RFC 6585 section 4
 */
export const createTenantRate = (options: {
  readonly max: number;
  readonly windowMs: number;
  readonly elapsed: () => number;
  readonly common?: CommonCounts | undefined;
}): CountRequests => {
  const { max, windowMs, elapsed, common } = options;
  const buckets = createTokenBuckets({ burst: max, everyMs: windowMs / max, max: MAX_TENANTS, elapsed, common });
  return (tenantId, requests = 1) => {
    const key = boundedKey(tenantId);
    const tokens = Math.min(requests, max);
    if (buckets.has(key, tokens - 1)) return buckets.take(key, tokens);
    const seconds = String(Math.max(1, Math.ceil(buckets.waitMs(key, tokens) / 1000)));
    throw new AppError(
      'tenant-rate-limited',
      429,
      `This tenant has sent ${max} requests within ${windowMs / 1000} s, which is all that it may.`,
      {
        fix: `Wait ${seconds} s, or have an operator raise \`quotas.requests\` of the KMS.`,
        headers: { 'retry-after': seconds },
      },
    );
  };
};
