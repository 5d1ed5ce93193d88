import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import { networkOf } from '#infra/secrets/attempts/network.ts';
import type { App, RateLimit } from '../server.ts';

/** No address begins so. */
const KNOWN = 'known ';
/** Callers that are counted at once; the one not heard of for longest goes first. */
const MAX_CALLERS = 5_000;

/**
 * Windows of time by a clock that never goes back. The library's own store takes the clock of the machine: one that is set back by an
 * hour would refuse a caller for an hour.
 */
const createWindows = (common: RateLimit['common'], timeWindowMs: number) => {
  const windows = createBoundedMap<{ readonly begun: number; count: number }>({ max: MAX_CALLERS });
  const add = (caller: BoundedKey, count: number, now: number): { readonly begun: number; readonly count: number } => {
    const known = windows.get(caller);
    const window = known !== undefined && now - known.begun < timeWindowMs ? known : { begun: now, count: 0 };
    window.count += count;
    windows.set(caller, window);
    return window;
  };
  common?.onOthers((caller, count) => void add(caller, count, performance.now()));

  /** As the library wants it: it makes one of the class that it is given. No route of ours has a limit of its own. */
  return class SteadyWindows implements FastifyRateLimitStore {
    incr(...[key, callback]: Parameters<FastifyRateLimitStore['incr']>): void {
      const now = performance.now();
      const caller = boundedKey(key);
      const { begun, count } = add(caller, 1, now);
      common?.add(caller, 1);
      callback(null, { current: count, ttl: Math.max(1, Math.ceil(timeWindowMs - (now - begun))) });
    }

    child(): SteadyWindows {
      return new SteadyWindows();
    }
  };
};

/**
 * Counts requests by address, an IPv6 address by its /64, and those of known callers by their name: whoever speaks for many does not use
 * up what strangers at the same address have, nor they what it has. Paths and methods that no route takes count like any other.
 * Refusals are `rate-limited`, 429 with Retry-After.
 *
 * @see RFC 6585 section 4
 */
export const limitRequests = async (app: App, { max, timeWindowMs, known, common }: RateLimit): Promise<void> => {
  await app.register(rateLimit, {
    timeWindow: timeWindowMs,
    store: createWindows(common, timeWindowMs),
    keyGenerator: (request) => {
      const name = known?.nameOf(request) ?? null;
      return name === null ? networkOf(request.ip) : `${KNOWN}${name}`;
    },
    max: (_request, key) => (known !== undefined && key.startsWith(KNOWN) ? known.max : max),
    errorResponseBuilder: (_request, context) =>
      new AppError('rate-limited', 429, 'Too many requests from this client.', {
        fix: `Wait ${Math.ceil(context.ttl / 1000)} s.`,
        headers: { 'retry-after': String(Math.ceil(context.ttl / 1000)) },
      }),
  });
  // The library counts at routes alone, and a path that has none costs work and a span as well.
  const count = app.rateLimit() as unknown as (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) await count(request, reply);
  });
};
