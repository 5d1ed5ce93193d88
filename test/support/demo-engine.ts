import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { type Engine, type EngineEvent, type PartName, type ServiceName, SERVICES, type ServiceStatus } from '#engine/engine.ts';
import type { DemoEvent } from '#demo/events.ts';
import { ok } from '#infra/apperr/result.ts';

/** A name that no other test has. */
export const unique = (name: string): string => `${name}-${randomUUIDv7()}`;

export const statusOf = (service: PartName, change: Partial<ServiceStatus> = {}): ServiceStatus => ({
  service,
  state: 'running',
  health: null,
  address: `https://localhost/${service}`,
  pid: 4711,
  uptimeMs: 1_000,
  restarts: 0,
  exitCode: null,
  ...change,
});

export interface FakeEngine extends Engine {
  /** Tells an event to whoever watches. */
  tell(event: EngineEvent): void;
  readonly upCalls: ServiceName[];
}

/** An engine that starts nothing; what a test needs otherwise it overrides. */
export const fakeEngine = (change: Partial<Engine> = {}): FakeEngine => {
  const upCalls: ServiceName[] = [];
  const watchers = new Set<(event: EngineEvent) => void>();
  let tenants: Readonly<Record<string, string>> = { demo: randomUUID(), 'demo-other': randomUUID() };
  return {
    kind: 'embedded',
    parts: SERVICES,
    profile: 'demo',
    reason: 'a test asked for it',
    isFallback: false,
    upCalls,
    tell: (event) => watchers.forEach((watcher) => watcher(event)),
    portConflicts: async () => [],
    prepare: async () => ok({ chain: ['root', 'policy', 'issuing'], leaves: 6, keyType: 'P-256', created: true }),
    up: async (service) => {
      upCalls.push(service);
      return ok('started' as const);
    },
    openPartner: async () => ok({ [Symbol.asyncDispose]: async () => {} }),
    endpoints: () => ({
      kms: {
        service: 'https://localhost:1/service/api/v1',
        ready: 'https://localhost:1/readyz',
        live: 'https://localhost:1/livez',
        admin: 'https://localhost:2',
        openapi: 'https://localhost:1/openapi.json',
        swagger: 'https://localhost:1/ui/swagger/',
        pages: 'https://localhost:1/ui/',
      },
      identity: {
        issuer: 'https://localhost:3',
        discovery: 'https://localhost:3/.well-known/openid-configuration',
        ready: 'https://localhost:3/readyz',
        live: 'https://localhost:3/livez',
        admin: 'https://localhost:4',
      },
      partner: {
        issuer: 'https://localhost:6',
        discovery: 'https://localhost:6/.well-known/openid-configuration',
        ready: 'https://localhost:6/readyz',
      },
      telemetry: { otlp: 'https://localhost:5', ready: 'https://localhost:5/readyz' },
      caFile: '/nowhere/ca.pem',
      client: { certFile: '/nowhere/cli.pem', keyFile: '/nowhere/cli.key' },
      serviceClient: { certFile: '/nowhere/service.pem', keyFile: '/nowhere/service.key' },
    }),
    watch: (emit, signal) => {
      watchers.add(emit);
      signal.addEventListener('abort', () => watchers.delete(emit), { once: true });
    },
    status: async () => [],
    holdsData: async () => false,
    diagnose: async (service) => ({ service, exitCode: null, signal: null, outOfMemory: false, lastProbe: null, logTail: [] }),
    demoTenants: async ({ set } = {}) => {
      if (set !== undefined) tenants = set;
      return tenants;
    },
    telemetryRecords: async function* () {},
    [Symbol.asyncDispose]: async () => {},
    ...change,
  };
};

/** Collects events, and finds them again by type. */
export const eventLog = () => {
  const events: DemoEvent[] = [];
  return {
    events,
    emit: (event: DemoEvent): void => void events.push(event),
    of: <T extends DemoEvent['type']>(type: T): Extract<DemoEvent, { type: T }>[] =>
      events.filter((event): event is Extract<DemoEvent, { type: T }> => event.type === type),
  };
};
