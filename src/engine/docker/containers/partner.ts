import { fail, ok, type Result } from '#infra/apperr/result.ts';
import type { DockerApi } from '../api/docker-api.ts';
import { COMPOSE } from '../project/labels.ts';
import { isLive } from './container-state.ts';
import { PARTNER, type Project } from '../project/project.ts';

/**
 * Starts the container of the second Identity, which was made with the others; its data are in memory and end with it. A killed run may
 * have left it running: it is started anew.
 */
export const openPartner = async (api: DockerApi, project: Project, signal: AbortSignal): Promise<Result<AsyncDisposable>> => {
  const [container] = await api.containers([`${COMPOSE.project}=${project.name}`, `${COMPOSE.service}=${PARTNER}`]);
  if (container === undefined) {
    return fail('partner-missing', 'there is no container for the second Identity', {
      fix: 'Bring the stack up again: `passthru demo all`.',
    });
  }
  const { id } = container;
  const end = async (): Promise<void> => {
    const details = await api.inspect(id);
    if (details !== null && isLive(details)) await api.kill(id);
  };
  await end();
  signal.throwIfAborted();
  await api.start(id);
  return ok({ [Symbol.asyncDispose]: end });
};
