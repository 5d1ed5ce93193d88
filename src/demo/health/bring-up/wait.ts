import type { ServiceName, ServiceStatus } from '#engine/engine.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { requires } from '../chain.ts';
import type { Probe } from '../probe.ts';

export interface WaitOptions {
  readonly service: ServiceName;
  /** The address that the probe asks, for the message of a time-out. */
  readonly url: string;
  readonly probe: (signal: AbortSignal) => Promise<Probe>;
  /** Of every part of the engine. */
  readonly status: () => Promise<readonly ServiceStatus[]>;
  readonly timeoutMs: number;
  /** Consecutive passes that make it healthy; a restart between them starts the count anew. */
  readonly passes?: number;
  /**
   * Between two looks: what it begins with, and what it grows to while nothing changes; a look costs the machine that the service starts
   * on. After a pass it is `again`, or what it begins with.
   */
  readonly intervalMs?: { readonly first: number; readonly last: number; readonly again?: number };
  readonly progress: (text: string) => void;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

const INTERVAL_MS: NonNullable<WaitOptions['intervalMs']> = { first: 40, last: 150 };

/** A service at the moment at which it became healthy. */
export interface Healthy {
  /** Milliseconds; 0 when it was ready whenever it was asked. */
  readonly waitedMs: number;
  readonly passes: number;
  /** The last look at it. */
  readonly probe: Probe;
  /** Restarts seen while waiting. */
  readonly restarts: number;
}

/**
 * Waits until a service was ready `passes` times in a row without a restart; gives up at once when it ends, or a part that it
 * cannot do without.
 */
export const waitHealthy = async (options: WaitOptions): Promise<Result<Healthy>> => {
  const { service, url, timeoutMs, passes = 2, intervalMs = INTERVAL_MS, now, sleep, signal } = options;
  const begun = now();
  const look = async (): Promise<{ own: ServiceStatus | undefined; ended: ServiceStatus | undefined }> => {
    const all = await options.status();
    const ended = all.find(({ service: part, state }) => state === 'exited' && (part === service || requires(service, part)));
    return { own: all.find((each) => each.service === service), ended };
  };
  const { own: first } = await look();
  let last = first;
  let passed = 0;
  let wasReady = true;
  let text = 'no probe yet';
  let pause = intervalMs.first;
  for (;;) {
    const { own: current, ended } = await look();
    if (ended !== undefined) {
      const [what, waited] = ended.service === service ? [service, 'it'] : [`${ended.service}, which ${service} requires,`, service];
      return fail('service-exited', `${what} exited with code ${ended.exitCode ?? 'unknown'} while ${waited} was waited for`, {
        fix: `Look at \`passthru logs ${ended.service}\`.`,
      });
    }
    if (current?.pid !== last?.pid || current?.restarts !== last?.restarts) passed = 0;
    last = current;
    const seen = await options.probe(signal);
    passed = seen.state === 'ready' ? passed + 1 : 0;
    wasReady &&= seen.state === 'ready';
    if (seen.state !== 'ready' && seen.text !== text) options.progress(`waiting for ${seen.blockedBy.join(', ') || service}: ${seen.text}`);
    pause = seen.text === text ? Math.min(pause * 1.25, intervalMs.last) : intervalMs.first;
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
    await sleep(passed > 0 ? (intervalMs.again ?? intervalMs.first) : pause, signal);
  }
};
