import { ok } from '#infra/apperr/result.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { FaultMeans } from '#engine/faults/create-fault-door.ts';
import type { PartName } from '../engine.ts';
import type { ContainerSummary, DockerApi } from './api/docker-api.ts';
import { attemptDocker } from './connection/failures.ts';
import { isPaused } from './containers/start-containers.ts';
import { COMPOSE } from './project/labels.ts';
import { PARTS, type Project } from './project/project.ts';

/** Faults of containers. */
export const dockerFaults = (of: {
  readonly api: () => Promise<DockerApi>;
  readonly project: Project;
  readonly graceMs: number;
  readonly prepare: () => Promise<void>;
}): FaultMeans => {
  const { api, project, graceMs, prepare } = of;
  const containersOf = async (part: PartName): Promise<readonly ContainerSummary[]> => {
    const found = await (await api()).containers([`${COMPOSE.project}=${project.name}`, `${COMPOSE.service}=${part}`]);
    if (found.length === 0)
      throw new AppError('part-absent', 404, `there is no container of ${part}`, { fix: 'Bring the stack up first: `passthru demo all`.' });
    return found;
  };
  const each = async (part: PartName, act: (api: DockerApi, container: ContainerSummary) => Promise<void>): Promise<void> => {
    const engine = await api();
    await Promise.all((await containersOf(part)).map((container) => act(engine, container)));
  };
  return {
    kill: (part) => each(part, (engine, { id }) => engine.kill(id)),
    freeze: (part) => each(part, (engine, { id }) => engine.pause(id)),
    thaw: (part) => each(part, async (engine, container) => (isPaused(container) ? engine.unpause(container.id) : undefined)),
    stop: (part) => each(part, (engine, { id }) => engine.stop(id, graceMs)),
    start: (part) =>
      attemptDocker('start-failed', `starting ${part}`, async () => {
        await each(part, (engine, { id }) => engine.start(id));
        return ok('started');
      }),
    prepare,
    fullDisk: null,
    clock: null,
    lacks: {
      part: (part) => (PARTS.includes(part) ? null : `the stack has no ${part}`),
      fullDisk: 'it is the disk of the Docker host',
      clock: 'it is the clock of the Docker host',
    },
  };
};
