import { listenersOn } from '#engine/state/processes.ts';
import { holderName } from '#engine/state/served-folder.ts';
import { thisHost } from '#engine/state/this-host.ts';
import type { PortConflict, PortUser } from '../engine.ts';
import { whyNotFree } from '../ports.ts';
import type { ContainerSummary, DockerApi } from './api/docker-api.ts';
import { COMPOSE, OURS } from './project/labels.ts';
import { isOrphan } from './project/owner-label.ts';
import type { Project } from './project/project.ts';

/** The ports of these services, and of the second Identity, that somebody else holds, a container or a process; our own containers are no conflict. */
export const findPortConflicts = async (options: {
  api: () => Promise<DockerApi>;
  project: Project;
  services: readonly PortUser[];
  /** Whether what killed runs left behind was removed just now: a container of theirs that is still there stays in the way. */
  areLeftoversSwept?: boolean;
}): Promise<readonly PortConflict[]> => {
  const { api, project, services, areLeftoversSwept = true } = options;
  const asked = services.flatMap((service) => project.portsOf(service).map((port) => ({ service, port })));
  const [containers, host] = [await (await api()).containers([]), await thisHost()];
  const conflicts = await Promise.all(
    asked.map(async ({ service, port }): Promise<readonly PortConflict[]> => {
      // An engine that publishes without a proxy has no listener that could be seen.
      const container = containers.find(({ publishedPorts }) => publishedPorts.includes(port));
      if (container?.labels[COMPOSE.project] === project.name) return [];
      if (container !== undefined && !areLeftoversSwept && (await isOrphan(container.labels, host))) return [];
      if (container !== undefined) {
        const stateDir = container.labels[OURS.stateDir];
        return [{ service, port, holder: inWords(container), ...(stateDir === undefined ? {} : { stateDir }) }];
      }
      const why = await whyNotFree(port);
      if (why === null) return [];
      if (why === 'not-permitted') return [{ service, port, holder: 'the system, for privileged users only' }];
      const names = await Promise.all((await listenersOn(port)).map(holderName));
      return [{ service, port, holder: names.join(', ') || 'another process' }];
    }),
  );
  return conflicts.flat();
};

const inWords = ({ name, labels }: ContainerSummary): string => {
  const { [OURS.stateDir]: stateDir, [COMPOSE.project]: project } = labels;
  if (stateDir !== undefined) return `container ${name} of the stack in ${stateDir}`;
  return `container ${name}${project === undefined ? '' : ` of project ${project}`}`;
};
