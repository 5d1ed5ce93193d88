import type { DockerApi, Labelled } from '../connection/api.ts';
import { isOrphan, OURS, thisHost } from '../labels.ts';
import { throwFailureIn } from './take-down.ts';

/**
 * Removes what runs of this host left behind that were to take their stack with them and were killed: containers, networks and
 * volumes with lease `owner` whose owner is dead. Nothing else is touched.
 *
 * @returns the state folders whose leftovers were removed
 * @throws what the API throws
 */
export const sweep = async (api: DockerApi): Promise<readonly string[]> => {
  const host = await thisHost();
  const labels = [`${OURS.lease}=owner`, `${OURS.host}=${host}`];
  const [containers, networks, volumes] = await Promise.all([api.containers(labels), api.networks(labels), api.volumes(labels)]);
  const dead = async <T extends Labelled>(things: readonly T[]): Promise<readonly T[]> => {
    const orphans = await Promise.all(things.map((thing) => isOrphan(thing.labels, host)));
    return things.filter((_, i) => orphans[i] === true);
  };
  const [oldContainers, oldNetworks, oldVolumes] = await Promise.all([dead(containers), dead(networks), dead(volumes)]);
  // What cannot be removed keeps nothing else.
  const first = await Promise.allSettled(oldContainers.map(({ id }) => api.remove(id)));
  const then = await Promise.allSettled([
    ...oldNetworks.map(({ id }) => api.removeNetwork(id)),
    ...oldVolumes.map(({ id }) => api.removeVolume(id)),
  ]);
  throwFailureIn([...first, ...then]);
  const all = [...oldContainers, ...oldNetworks, ...oldVolumes];
  return [...new Set(all.map(({ labels: of }) => of[OURS.stateDir] ?? 'an unknown state folder'))];
};
