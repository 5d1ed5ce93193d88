import type { Engine, ServiceName } from '#engine/engine.ts';
import { failureFrom } from '#infra/apperr/result.ts';

type Started = ReturnType<Engine['up']>;

/**
 * A function that starts services: its first call starts all of them side by side and answers for the one that was asked for, so that
 * none waits for its turn. A second call for a service starts it anew. A start that throws is a failure of its service alone.
 */
export const createStarter = (options: {
  readonly engine: Pick<Engine, 'up'>;
  readonly services: readonly ServiceName[];
  readonly signal: AbortSignal;
}): ((service: ServiceName) => Started) => {
  const { engine, services, signal } = options;
  const begun = new Set<ServiceName>();
  const pending = new Map<ServiceName, Started>();
  const up = (service: ServiceName): Started => {
    begun.add(service);
    return engine.up(service, signal).catch((thrown: unknown) => ({ ok: false, error: failureFrom(thrown) }));
  };
  return (service) => {
    for (const each of services) if (!begun.has(each)) pending.set(each, up(each));
    const first = pending.get(service);
    pending.delete(service);
    return first ?? up(service);
  };
};
