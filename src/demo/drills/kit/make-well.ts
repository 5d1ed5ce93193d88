import { SERVICES } from '#engine/engine.ts';
import type { Engine } from '#engine/engine.ts';
import type { FaultDoor } from '#engine/fault-door.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { waitHealthy } from '#demo/health/bring-up/wait.ts';
import { probe, type Probe } from '#demo/health/probe.ts';
import type { StackAccess } from '#demo/step/stack-access.ts';

export interface WellOptions {
  readonly engine: Engine;
  readonly faults: Pick<FaultDoor, 'repair'>;
  readonly stack: StackAccess;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly healthTimeoutMs: number;
}

/** A service that is ready finds what it only prefers a moment later; milliseconds. */
const WHOLE_MS = 10_000;
const LOOK_MS = 100;

/**
 * Takes back whatever a drill broke and brings the stack up as a demo would, until every service is ready.
 *
 * @returns the parts that a service still misses, though it is ready; none where all is well
 * @throws AppError where a fault cannot be taken back, or a service is not ready in time
 */
export const makeWell = async (options: WellOptions): Promise<readonly string[]> => {
  const { engine, faults, stack, signal, now, sleep } = options;
  await faults.repair();
  orThrow(await engine.prepare(signal));
  for (const started of await Promise.all(SERVICES.map((service) => engine.up(service, signal)))) orThrow(started);
  for (const service of SERVICES) {
    orThrow(
      await waitHealthy({
        service,
        url: stack.endpoints[service].ready,
        probe: (inner) => probe({ stack, service, signal: inner }),
        status: () => engine.status(),
        timeoutMs: options.healthTimeoutMs,
        passes: 1,
        progress: () => undefined,
        now,
        sleep,
        signal,
      }),
    );
  }
  let missing = await missed(stack, signal);
  for (const begun = now(); missing.length > 0 && now() - begun < WHOLE_MS; missing = await missed(stack, signal))
    await sleep(LOOK_MS, signal);
  return missing;
};

/** The second Identity runs for one step of a demo alone. */
const isMissing = (dependency: string): boolean => dependency.endsWith(' down') && !dependency.startsWith('partner ');

const missed = async (stack: StackAccess, signal: AbortSignal): Promise<readonly string[]> => {
  const seen = await Promise.all(
    SERVICES.map(async (service) => {
      const found: Probe = await probe({ stack, service, signal });
      if (found.state !== 'ready') return [`${service}: ${found.text}`];
      return found.dependencies.filter(isMissing).map((dependency) => `${service}: ${dependency}`);
    }),
  );
  return seen.flat();
};
