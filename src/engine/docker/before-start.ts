import { ok, type Result } from '#infra/apperr/result.ts';
import { SERVICES, type ServiceName } from '../engine.ts';
import type { DockerConnection } from './connection/context.ts';
import { attemptDocker } from './connection/failures.ts';
import { COMPOSE } from './project/labels.ts';
import { projectOf } from './project/project.ts';

/** What a state folder has on an engine: something of it runs, or containers or volumes are left, or nothing is. */
export const dockerStack = (options: { docker: DockerConnection; stateDir: string }): Promise<Result<'running' | 'ended' | 'none'>> =>
  attemptDocker('docker-not-running', 'looking for the stack of this state folder', async () => ok(await lookForStack(options)));

const lookForStack = async ({ docker, stateDir }: { docker: DockerConnection; stateDir: string }) => {
  const project = projectOf({ stateDir, portKms: 0, portIdentity: 0, packageRoot: '', profile: 'demo' });
  const { connect } = await import('./connection/connect.ts');
  const api = await connect(docker);
  const ofProject = [`${COMPOSE.project}=${project.name}`];
  const [containers, volumes] = await Promise.all([api.containers(ofProject), api.volumes(ofProject)]);
  if (containers.some(({ state }) => state === 'running' || state === 'paused' || state === 'restarting')) return 'running';
  return containers.length > 0 || volumes.length > 0 ? 'ended' : 'none';
};

/**
 * Whether every image that a run needs is there, or could be built and pulled now; nothing is started, and no state folder made.
 *
 * @param options.progress what is being done, one clause
 */
export const imagesObtainable = async (options: {
  docker: DockerConnection;
  packageRoot: string;
  stateDir: string;
  services?: readonly ServiceName[];
  progress: (text: string) => void;
  signal: AbortSignal;
}): Promise<Result<'were-there' | 'made'>> =>
  attemptDocker('images-missing', 'looking for the images', async () => {
    const { docker, packageRoot, stateDir, services = SERVICES, progress, signal } = options;
    const project = projectOf({ stateDir, portKms: 0, portIdentity: 0, packageRoot, profile: 'demo' });
    const [{ connect }, { ensureImages }, { imageTag }] = await Promise.all([
      import('./connection/connect.ts'),
      import('./images/ensure-images.ts'),
      import('./images/image-tag.ts'),
    ]);
    const [api, tag] = await Promise.all([connect(docker), imageTag(packageRoot)]);
    return ensureImages({ connection: docker, api, project, tag, services, progress, signal });
  });
