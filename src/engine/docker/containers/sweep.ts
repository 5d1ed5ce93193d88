import type { DockerApi, Labelled } from '../api/docker-api.ts';
import { lastLineOf } from '../connection/failures.ts';
import { OURS } from '../project/labels.ts';
import { thisHost } from '#engine/state/this-host.ts';
import { isOrphan } from '../project/owner-label.ts';
import { throwFailureIn } from './take-down.ts';

/**
 * Removes what killed runs of this host left behind: the containers, networks and volumes whose owner is a process that is dead.
 * Nothing else is touched.
 *
 * @returns the state folders whose leftovers were removed
 * @throws what the API throws
 */
const sweep = async (api: DockerApi): Promise<readonly string[]> => {
  const host = await thisHost();
  const labels = [OURS.owner, `${OURS.host}=${host}`];
  const [containers, networks, volumes] = await Promise.all([api.containers(labels), api.networks(labels), api.volumes(labels)]);
  const dead = async <T extends Labelled>(things: readonly T[]): Promise<readonly T[]> => {
    const orphans = await Promise.all(things.map((thing) => isOrphan(thing.labels, host)));
    return things.filter((_, i) => orphans[i] === true);
  };
  const [oldContainers, oldNetworks, oldVolumes] = await Promise.all([dead(containers), dead(networks), dead(volumes)]);
  // A thing that cannot be removed keeps no other.
  const first = await Promise.allSettled(oldContainers.map(({ id }) => api.remove(id)));
  const then = await Promise.allSettled([
    ...oldNetworks.map(({ id }) => api.removeNetwork(id)),
    ...oldVolumes.map(({ id }) => api.removeVolume(id)),
  ]);
  throwFailureIn([...first, ...then]);
  const all = [...oldContainers, ...oldNetworks, ...oldVolumes];
  return [...new Set(all.map(({ labels: of }) => of[OURS.stateDir] ?? 'an unknown state folder'))];
};

/** Sweeps and says whose leftovers went. Leftovers that cannot be removed stand in nobody's way now: they are only told. */
export const sweepAndTell = async (api: () => Promise<DockerApi>, warn: (text: string) => void): Promise<void> => {
  try {
    for (const stateDir of await sweep(await api())) warn(`removed the containers that a killed run left behind (${stateDir})`);
  } catch (error) {
    warn(`what killed runs left behind could not be removed: ${lastLineOf(error)}`);
  }
};
