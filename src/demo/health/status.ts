import { type Engine, type PartName, type ServiceName, type ServiceStatus } from '#engine/engine.ts';
import { createConnections } from '#client/session/connections.ts';
import { stackAccess, type StackAccess } from '#demo/step/stack-access.ts';
import { isService, isVouchedFor } from './chain.ts';
import { probe } from './probe.ts';
import { endOf } from './root-cause.ts';

/** One part of the stack as `passthru status` shows it. */
export interface ServiceHealth {
  readonly service: PartName;
  readonly state: 'ready' | 'not-ready' | 'starting' | 'down';
  /** Milliseconds; null when down. */
  readonly uptimeMs: number | null;
  readonly pid: number | null;
  /** Null for a part that was not started, or was stopped. */
  readonly address: string | null;
  /** Why it is not ready, `not started` or `stopped` for a part that is not there; null when it is ready. */
  readonly cause: string | null;
}

export interface StackStatus {
  readonly services: readonly ServiceHealth[];
  /** True when something was started, and all that was started is ready: after `demo identity` no KMS is missed. */
  readonly ready: boolean;
}

/** Asks each part's process or container, and each service's `/readyz`; never throws for one that is down. */
export const stackStatus = async ({
  engine,
  signal = AbortSignal.timeout(10_000),
}: {
  engine: Engine;
  signal?: AbortSignal;
}): Promise<StackStatus> => {
  const statuses = await engine.status();
  const endpoints = engine.endpoints();
  await using connections = createConnections({ caFile: endpoints.caFile });
  const stack = stackAccess({ endpoints, connections, signal });
  const wasStarted = async (part: PartName): Promise<boolean> => {
    const servers = (['identity', 'kms'] as const).filter((server) => part === 'telemetry' || part.startsWith(server));
    return (await Promise.all(servers.map((server) => engine.holdsData(server)))).includes(true);
  };
  const asked = await Promise.all(
    statuses.map(async ({ service: part, state, health, uptimeMs, pid, address }): Promise<ServiceHealth> => {
      const base = { service: part, address, uptimeMs, pid };
      if (state === 'absent') return { ...base, address: null, state: 'down', cause: (await wasStarted(part)) ? 'stopped' : 'not started' };
      if (state === 'exited') return { ...base, state: 'down', cause: endOf(await engine.diagnose(part)) };
      const cause = isService(part) ? await whyServiceNotReady(stack, part, signal) : await whyDatabaseNotReady(engine, part, health);
      if (cause === null) return { ...base, state: 'ready', cause };
      return { ...base, state: state === 'starting' || health === 'starting' ? 'starting' : 'not-ready', cause };
    }),
  );
  const well = asked.filter(({ state }) => state === 'ready').map(({ service }) => service);
  const services = asked.map((each) =>
    each.state !== 'down' && isVouchedFor(each.service, well) ? { ...each, state: 'ready' as const, cause: null } : each,
  );
  const wanted = services.filter((_, index) => statuses[index]?.state !== 'absent');
  return { services, ready: wanted.length > 0 && wanted.every(({ state }) => state === 'ready') };
};

const whyServiceNotReady = async (stack: StackAccess, service: ServiceName, signal: AbortSignal): Promise<string | null> => {
  const found = await probe({ stack, service, signal });
  return found.state === 'ready' ? null : found.text;
};

/** A database has no `/readyz`: the platform's own check tells. */
const whyDatabaseNotReady = async (engine: Engine, part: PartName, health: ServiceStatus['health']): Promise<string | null> => {
  if (health === null || health === 'healthy') return null;
  const { lastProbe } = await engine.diagnose(part);
  return lastProbe === null || lastProbe === '' ? `the health check says ${health}` : lastProbe;
};
