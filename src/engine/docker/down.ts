import { setTimeout as pause } from 'node:timers/promises';
import { ok, type Result } from '#infra/apperr/result.ts';
import { removeState } from '#engine/state/state-folder.ts';
import { type PartName, SERVICES, type ServiceName } from '../engine.ts';
import type { DockerApi } from './api/docker-api.ts';
import { attemptDocker } from './connection/failures.ts';
import { takeDown } from './containers/take-down.ts';
import { COMPOSE } from './project/labels.ts';
import { PARTS, type Project } from './project/project.ts';

export interface DownOptions {
  readonly api: () => Promise<DockerApi>;
  readonly project: Project;
  readonly services: readonly ServiceName[];
  readonly volumes: boolean;
  readonly graceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Somebody who makes containers faster than they can be removed is not one of us. */
const MAX_LOOKS = 5;
/** Between two of them, milliseconds. */
const LOOK_MS = 500;

/**
 * Ends and removes the containers of these services and their databases; of all services, whatever else the project has, too.
 * Nothing of it runs in a child process, so that Ctrl-C at the terminal cannot end it half-way.
 *
 * @returns the parts that ran
 */
export const down = (options: DownOptions): Promise<Result<readonly PartName[]>> =>
  attemptDocker('stop-failed', 'stopping the services', async () => {
    const { project, services, volumes, graceMs, signal } = options;
    const api = await options.api();
    const ofProject = [`${COMPOSE.project}=${project.name}`];
    const isAll = SERVICES.every((service) => services.includes(service));
    const names = new Set(services.flatMap((service) => [...project.containersOf(service), ...project.madeWith(service)]));
    const ran = new Set<string | undefined>();
    let all = await api.containers(ofProject);
    const networks = isAll ? await api.networks(ofProject) : [];
    const going = () => (isAll ? all : all.filter(({ labels }) => names.has(labels[COMPOSE.service] ?? '')));
    // This is repeated until a look finds none: a start that was cut off may have had one made meanwhile.
    for (let looks = 0; going().length > 0 && looks < MAX_LOOKS; looks += 1) {
      // The engine may still be at it.
      if (looks > 0) await pause(LOOK_MS);
      for (const { state, labels } of going()) if (state !== 'created' && state !== 'exited') ran.add(labels[COMPOSE.service]);
      await takeDown({ api, containers: going(), networks, graceMs, signal });
      all = await api.containers(ofProject);
    }
    const [left] = going();
    if (left !== undefined) throw new Error(`${left.name} was removed ${MAX_LOOKS} times, and is there again`);
    if (all.length === 0) {
      const rest = await api.networks(ofProject);
      await Promise.all(rest.map(({ id }) => api.removeNetwork(id)));
    }
    if (volumes) {
      const isWanted = (name = '') => isAll || services.some((service) => name.startsWith(`${service}-`));
      const there = (await api.volumes(ofProject)).filter(({ labels }) => isWanted(labels[COMPOSE.volume]));
      await Promise.all(there.map(({ id }) => api.removeVolume(id)));
      if (isAll) await removeState(project.folder, { docker: true });
    }
    return ok(PARTS.filter((part) => ran.has(part)).toReversed());
  });
