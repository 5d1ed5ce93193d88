import type { Engine, ServiceName } from '#engine/engine.ts';
import { probe } from './probe.ts';
import { createStack } from '#demo/client/stack.ts';

/** One service as `passthru status` shows it. */
export interface ServiceHealth {
  readonly service: ServiceName;
  readonly state: 'ready' | 'not-ready' | 'starting' | 'down';
  /** Milliseconds; null when down. */
  readonly uptimeMs: number | null;
  readonly pid: number | null;
  readonly address: string;
  /** Why it is not ready; null when it is. */
  readonly cause: string | null;
}

export interface StackStatus {
  readonly services: readonly ServiceHealth[];
  /** True when something was started, and all that was started is ready: after `demo identity` no KMS is missed. */
  readonly ready: boolean;
}

/** Asks each service's process and `/readyz`; never throws for a service that is down. */
export const stackStatus = async ({
  engine,
  signal = AbortSignal.timeout(10_000),
}: {
  engine: Engine;
  signal?: AbortSignal;
}): Promise<StackStatus> => {
  const statuses = await engine.status();
  await using stack = createStack({ engine, services: statuses.map(({ service }) => service), signal });
  const services = await Promise.all(
    statuses.map(async ({ service, state, uptimeMs, pid, address, exitCode }): Promise<ServiceHealth> => {
      const base = { service, address, uptimeMs, pid };
      if (state === 'absent') return { ...base, state: 'down', cause: 'not started' };
      if (state === 'exited') return { ...base, state: 'down', cause: exitCode === null ? 'exited' : `exited with code ${exitCode}` };
      const found = await probe({ stack, service, signal });
      if (found.state === 'ready') return { ...base, state: 'ready', cause: null };
      return { ...base, state: state === 'starting' ? 'starting' : 'not-ready', cause: found.text };
    }),
  );
  const wanted = services.filter((_, index) => statuses[index]?.state !== 'absent');
  return { services, ready: wanted.length > 0 && wanted.every(({ state }) => state === 'ready') };
};
