import { createConnections } from '#client/session/connections.ts';
import type { Engine, ServiceName } from '#engine/engine.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { steadyNow } from '#infra/jobs/clock.ts';
import { sleep } from '#demo/step/sleep.ts';
import { stackAccess } from '#demo/step/stack-access.ts';
import { probe } from '../probe.ts';
import { waitHealthy } from './wait.ts';

export interface StartHealthyOptions {
  readonly engine: Engine;
  readonly services: readonly ServiceName[];
  readonly signal: AbortSignal;
  /** Milliseconds that each may take; default 30 s. */
  readonly timeoutMs?: number;
  /** Hears of what is waited for. */
  readonly progress?: (text: string) => void;
}

/** Between two looks, milliseconds; the second pass is a look of its own, for which nobody waits long. */
const INTERVAL_MS = { first: 35, last: 40, again: 12 } as const;

/**
 * Starts services side by side and waits until all of them are healthy: the bring-up of a demo without its checks, for a stack whose seed
 * is known to be there. Prepares the engine first.
 *
 * @returns the first failure, such as `start-failed`, `port-taken`, `service-exited`, `health-timeout`
 */
export const startHealthy = async (options: StartHealthyOptions): Promise<Result<null>> => {
  const { engine, services, signal, timeoutMs = 30_000, progress = () => undefined } = options;
  const prepared = await engine.prepare(signal);
  if (!prepared.ok) return prepared;
  const endpoints = engine.endpoints();
  await using connections = createConnections({ caFile: endpoints.caFile });
  const stack = stackAccess({ endpoints, connections, signal });
  const started = services.map(async (service): Promise<Result<unknown>> => {
    const up = await engine.up(service, signal);
    if (!up.ok) return up;
    return waitHealthy({
      service,
      url: endpoints[service].ready,
      probe: (inner) => probe({ stack, service, signal: inner }),
      status: () => engine.status(),
      timeoutMs,
      intervalMs: INTERVAL_MS,
      progress,
      now: steadyNow,
      sleep,
      signal,
    });
  });
  // All have ended before the first that failed is told: nobody asks any more when this returns.
  const ended = await Promise.allSettled(started);
  for (const each of ended) {
    if (each.status === 'rejected') throw each.reason;
    if (!each.value.ok) return each.value;
  }
  return ok(null);
};
