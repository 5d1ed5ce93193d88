import type { ServiceName, ServiceStatus } from '#engine/engine.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import type { Probe } from './probe.ts';

export interface WaitOptions {
  readonly service: ServiceName;
  /** Where the probe looks, for the message of a time-out. */
  readonly url: string;
  readonly probe: (signal: AbortSignal) => Promise<Probe>;
  readonly status: () => Promise<ServiceStatus | undefined>;
  readonly timeoutMs: number;
  /** Consecutive passes that make it healthy; a restart between them starts the count anew. */
  readonly passes?: number;
  readonly intervalMs?: number;
  readonly progress: (text: string) => void;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/** What a healthy service looked like when it became so. */
export interface Healthy {
  /** Milliseconds; 0 when it was ready whenever it was asked. */
  readonly waitedMs: number;
  readonly passes: number;
  /** What the last look found. */
  readonly probe: Probe;
  /** Restarts seen while waiting. */
  readonly restarts: number;
}

/** Waits until a service was ready `passes` times in a row without a restart; gives up at once when its process ends. */
export const waitHealthy = async (options: WaitOptions): Promise<Result<Healthy>> => {
  const { service, url, timeoutMs, passes = 2, intervalMs = 40, now, sleep, signal } = options;
  const begun = now();
  const first = await options.status();
  let last = first;
  let passed = 0;
  let wasReady = true;
  let text = 'no probe yet';
  for (;;) {
    const current = await options.status();
    if (current?.state === 'exited') {
      return fail('service-exited', `${service} exited with code ${current.exitCode ?? 'unknown'} while it was waited for`, {
        fix: `Look at \`passthru logs ${service}\`.`,
      });
    }
    if (current?.pid !== last?.pid || current?.restarts !== last?.restarts) passed = 0;
    last = current;
    const seen = await options.probe(signal);
    passed = seen.state === 'ready' ? passed + 1 : 0;
    wasReady &&= seen.state === 'ready';
    if (seen.state !== 'ready' && seen.text !== text) options.progress(`waiting for ${seen.blockedBy.join(', ') || service}: ${seen.text}`);
    text = seen.text;
    if (passed >= passes) {
      const restarts = (last?.restarts ?? 0) - (first?.restarts ?? 0);
      return ok({ waitedMs: wasReady ? 0 : now() - begun, passes: passed, probe: seen, restarts });
    }
    if (now() - begun >= timeoutMs) {
      return fail('health-timeout', `waited ${timeoutMs} ms for ${service} at ${url} to become healthy; last probe: ${text}`, {
        fix: `Look at \`passthru logs ${service}\`, or give it longer with --health-timeout.`,
      });
    }
    await sleep(intervalMs, signal);
  }
};
