import rateLimit from '@fastify/rate-limit';
import { AppError } from '#infra/apperr/app-error.ts';
import type { App, RateLimit } from '../server.ts';

/** No address begins so. */
const KNOWN = 'known ';

/**
 * Counts requests by address, and those of known callers by their name: whoever speaks for many does not use up what strangers at
 * the same address have, nor they what it has. Refusals are `rate-limited`, 429 with Retry-After.
 *
 * @see RFC 6585 section 4
 */
export const limitRequests = async (app: App, { max, timeWindowMs, known }: RateLimit): Promise<void> => {
  await app.register(rateLimit, {
    timeWindow: timeWindowMs,
    keyGenerator: (request) => {
      const name = known?.nameOf(request) ?? null;
      return name === null ? request.ip : `${KNOWN}${name}`;
    },
    max: (_request, key) => (known !== undefined && key.startsWith(KNOWN) ? known.max : max),
    errorResponseBuilder: (_request, context) =>
      new AppError('rate-limited', 429, 'Too many requests from this client.', {
        fix: `Wait ${Math.ceil(context.ttl / 1000)} s.`,
        headers: { 'retry-after': String(Math.ceil(context.ttl / 1000)) },
      }),
  });
};
