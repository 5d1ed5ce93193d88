import { ok, type Result } from '#infra/apperr/result.ts';
import type { ContainerSummary, DockerApi } from '../api/docker-api.ts';
import { dockerFailure, lastLineOf } from '../connection/failures.ts';
import { COMPOSE } from '../project/labels.ts';

/** The outcome of `up` for the containers of one service of Compose. */
export type Started = 'started' | 'already-running' | 'restarted';

/** The containers of one service of Compose. */
export const ofService = (containers: readonly ContainerSummary[], service: string): readonly ContainerSummary[] =>
  containers.filter(({ labels }) => labels[COMPOSE.service] === service);

/** A container that nothing can be done with but to remove it. */
export const isBeyondRepair = ({ state }: ContainerSummary): boolean => state === 'dead' || state === 'removing';

export const isPaused = ({ state }: ContainerSummary): boolean => state === 'paused';

/**
 * Starts what does not run of one service's containers.
 *
 * @param before the containers of the project before anything was made or ended
 */
export const startService = async (options: {
  api: DockerApi;
  service: string;
  before: readonly ContainerSummary[];
  containers: readonly ContainerSummary[];
}): Promise<Result<Started>> => {
  const { api, service, before, containers } = options;
  try {
    const wanted = ofService(containers, service);
    if (wanted.length === 0) throw new Error('Compose made no container for it');
    const done = await Promise.all(wanted.map((container) => startContainer(api, container)));
    const earlier = ofService(before, service);
    if (done.every((each) => each === 'ran') && !earlier.some(isPaused)) return ok('already-running');
    return ok(earlier.some((each) => each.state === 'running' || isPaused(each)) ? 'restarted' : 'started');
  } catch (error) {
    return dockerFailure({
      code: 'start-failed',
      what: `${service} could not be started`,
      text: lastLineOf(error),
      fix: `Look at \`passthru logs ${service}\`, then run the command again.`,
    });
  }
};

const startContainer = async (api: DockerApi, { id, state }: ContainerSummary): Promise<'ran' | 'started'> => {
  if (state === 'running') return 'ran';
  await api.start(id);
  return 'started';
};
