import { AppError } from '#infra/apperr/app-error.ts';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createTokenBuckets } from '#infra/secrets/attempts/token-buckets.ts';

/** Tenants that are counted at once; one that asked for nothing for longest counts as one that has everything left. */
const MAX_TENANTS = 10_000;

/**
 * Counts the requests of a tenant, whoever asks in its name and from wherever: many at once up to `max`, then as fast as they come back
 * over the window. Each replica counts for itself.
 *
 * @returns throws AppError `tenant-rate-limited` 429 with Retry-After for a request that is one too many
 * @param options.elapsed milliseconds of a clock that never goes back
 * @see RFC 6585 section 4
 */
export const createTenantRate = (options: {
  readonly max: number;
  readonly windowMs: number;
  readonly elapsed: () => number;
}): ((tenantId: string) => void) => {
  const { max, windowMs, elapsed } = options;
  const buckets = createTokenBuckets({ burst: max, everyMs: windowMs / max, max: MAX_TENANTS, elapsed });
  return (tenantId) => {
    const key = boundedKey(tenantId);
    if (buckets.has(key)) {
      buckets.take(key);
      return;
    }
    const seconds = String(Math.max(1, Math.ceil(buckets.waitMs(key) / 1000)));
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
