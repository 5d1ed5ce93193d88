import { constants } from 'node:os';
import type { PartName, ServiceStatus } from '../../engine.ts';
import type { ContainerDetails } from '../api/docker-api.ts';
import { COMPOSE } from '../project/labels.ts';

/** Whether a process of the container is there. */
export const isLive = ({ status }: Pick<ContainerDetails, 'status'>): boolean => status === 'running' || status === 'paused';

/** The containers of one part, one for each replica: while Compose replaces one, the new one counts. */
export const containersOf = (all: readonly ContainerDetails[], part: string): readonly ContainerDetails[] => {
  const newest = new Map<number, ContainerDetails>();
  for (const container of all) {
    if (container.labels[COMPOSE.service] !== part) continue;
    const number = Number(container.labels[COMPOSE.number] ?? 1);
    if ((newest.get(number)?.createdAt ?? -1) < container.createdAt) newest.set(number, container);
  }
  return [...newest.entries()].toSorted(([a], [b]) => a - b).map(([, container]) => container);
};

/** The replica that tells most about trouble: one that ended before one that is about to start before one that runs. */
export const worstOf = (containers: readonly ContainerDetails[]): ContainerDetails | undefined =>
  containers.toSorted((a, b) => WORST.indexOf(stateOf(a)) - WORST.indexOf(stateOf(b)))[0];

const WORST: readonly ServiceStatus['state'][] = ['exited', 'absent', 'starting', 'running'];

/** The state of a container. One that was made and never started is absent, unless it could not be started. */
export const stateOf = ({ status, exitCode }: Pick<ContainerDetails, 'status' | 'exitCode'>): ServiceStatus['state'] => {
  switch (status) {
    case 'created':
      return exitCode === 0 ? 'absent' : 'exited';
    case 'restarting':
      return 'starting';
    case 'running':
    case 'paused':
      return 'running';
    case 'removing':
    case 'exited':
    case 'dead':
      return 'exited';
    default:
      return unknownStatus(status);
  }
};

/** An engine of tomorrow may know more. */
const unknownStatus = (_status: never): 'starting' => 'starting';

/** A part as the engine knows it; `starts` is how often it was seen to start since `up`. */
export const statusOf = (
  part: PartName,
  containers: readonly ContainerDetails[],
  { address, starts, now }: { address: string; starts: number; now: number },
): ServiceStatus => {
  const container = worstOf(containers);
  const base = { service: part, address, health: null, pid: null, uptimeMs: null, restarts: 0, exitCode: null };
  if (container === undefined) return { ...base, state: 'absent' };
  const state = stateOf(container);
  const restarts = Math.max(container.restartCount, starts - containers.length, 0);
  if (state === 'exited') return { ...base, state, restarts, exitCode: container.exitCode };
  if (state !== 'running') return { ...base, state, restarts };
  const { health, pid, startedAt } = container;
  return { ...base, state, health, pid, restarts, uptimeMs: Math.max(0, now - (startedAt ?? now)) };
};

/** The signal that ended a container, of which its exit code is 128 more; null when it ended by itself. */
export const signalOf = (exitCode: number): string | null =>
  Object.entries(constants.signals).find(([, number]) => number === exitCode - 128)?.[0] ?? null;
