import type { ContainerSummary, DockerApi, Labelled } from '../api/docker-api.ts';
import { COMPOSE } from '../project/labels.ts';

/**
 * The services that must have ended before another ends: no server loses its database or telemetry while it still works. The servers
 * themselves end side by side, once no balancer sends them anything new: each answers what is under way, as far as it can alone.
 */
const ENDS_AFTER: Readonly<Record<string, readonly string[]>> = {
  kms: ['kms-balancer'],
  identity: ['identity-balancer', 'kms-balancer'],
  'kms-postgres': ['kms'],
  'identity-postgres': ['identity'],
  telemetry: ['kms', 'identity'],
};

export interface TakeDownOptions {
  readonly api: DockerApi;
  readonly containers: readonly ContainerSummary[];
  /** Networks that go as soon as none of these containers is left on them. */
  readonly networks: readonly Labelled[];
  /** Milliseconds that each has to end by itself. */
  readonly graceMs: number;
  /** Its abort kills what still runs. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Ends containers, each when those that need it have ended, side by side where nothing stands between them, and removes each when it
 * has ended. The engine itself kills what does not end within its grace.
 *
 * @throws what the API throws; a network that cannot be removed stays, and is no failure here
 */
export const takeDown = async ({ api, containers, networks, graceMs, signal }: TakeDownOptions): Promise<void> => {
  const services = [...new Set(containers.map(({ labels }) => labels[COMPOSE.service] ?? ''))];
  const ended = new Map<string, Promise<void>>();
  const end = (service: string): Promise<void> => {
    const known = ended.get(service) ?? endService(service);
    ended.set(service, known);
    return known;
  };
  /** A service that does not end keeps no other running. */
  const endService = async (service: string): Promise<void> => {
    const before = (ENDS_AFTER[service] ?? []).filter((other) => services.includes(other));
    await Promise.all(before.map(end));
    const ofIt = containers.filter(({ labels }) => (labels[COMPOSE.service] ?? '') === service);
    await Promise.allSettled(ofIt.map((container) => endContainer(api, container, graceMs, signal)));
  };
  const removeNetworks = networkRemoval(api, containers, networks);
  /** The engine ends what it removes: what did not end when it was asked goes now, or this fails. */
  const remove = async (container: ContainerSummary): Promise<void> => {
    await end(container.labels[COMPOSE.service] ?? '');
    await api.remove(container.id);
    await removeNetworks(container);
  };
  throwFailureIn(await Promise.allSettled(containers.map(remove)));
};

/** Removes networks one by one as their last containers go: the engine takes as long for one as a container takes to end. */
const networkRemoval = (api: DockerApi, containers: readonly ContainerSummary[], networks: readonly Labelled[]) => {
  const left = new Set(containers);
  const waiting = new Set(networks);
  return async (gone: ContainerSummary): Promise<void> => {
    left.delete(gone);
    const free = [...waiting].filter(({ name }) => ![...left].some((container) => container.networks.includes(name)));
    for (const network of free) waiting.delete(network);
    // One that somebody else's container is on stays. The caller looks for what is left, and fails by it.
    await Promise.allSettled(free.map(({ id }) => api.removeNetwork(id)));
  };
};

/** @throws the first failure, now that nothing is under way any more */
export const throwFailureIn = (results: readonly PromiseSettledResult<unknown>[]): void => {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};

/** Ends a container. A paused one would not hear a signal; one that does not run needs none. */
const endContainer = async (api: DockerApi, { id, state }: ContainerSummary, graceMs: number, signal?: AbortSignal): Promise<void> => {
  if (state !== 'running' && state !== 'paused' && state !== 'restarting') return;
  if (signal?.aborted === true || state === 'paused') return api.kill(id);
  const hurry = new AbortController();
  const kill = new Promise<void>((resolve, reject) => {
    const now = () => api.kill(id).then(resolve, reject);
    signal?.addEventListener('abort', now, { once: true, signal: hurry.signal });
  });
  await Promise.race([api.stop(id, graceMs), kill]);
  hurry.abort();
};
