import { ok, type Result } from '#infra/apperr/result.ts';
import { type Profile, SERVICES, type ServiceName } from '../engine.ts';
import type { DockerConnection } from './connection/docker-connection.ts';
import { attemptDocker } from './connection/failures.ts';
import type { EngineInfo } from './api/docker-api.ts';
import { type OpenApi, openApi } from './api/open-api.ts';
import { COMPOSE } from './project/labels.ts';
import { type Project, projectOf } from './project/project.ts';

/** Questions to a Docker engine before a stack is opened on it: they start nothing, and make no state folder. */
interface Asked {
  readonly docker: DockerConnection;
  readonly stateDir: string;
  /** How its API is opened; by the library where not given. */
  readonly open?: OpenApi;
}

/** Ports name nothing that is asked here; the profile says which image the databases have. */
const projectOfFolder = (stateDir: string, packageRoot = '', profile: Profile = 'demo'): Project =>
  projectOf({ stateDir, portKms: 0, portIdentity: 0, packageRoot, profile });

/** Whether something of a state folder runs on the engine, or containers or volumes of it are left, or nothing is. */
export const dockerStack = ({ docker, stateDir, open = openApi }: Asked): Promise<Result<'running' | 'ended' | 'none'>> =>
  attemptDocker('docker-not-running', 'looking for the stack of this state folder', async () => {
    const api = await open(docker);
    const ofProject = [`${COMPOSE.project}=${projectOfFolder(stateDir).name}`];
    const [containers, volumes] = await Promise.all([api.containers(ofProject), api.volumes(ofProject)]);
    if (containers.some(({ state }) => state === 'running' || state === 'paused' || state === 'restarting')) return ok('running');
    return ok(containers.length > 0 || volumes.length > 0 ? 'ended' : 'none');
  });

/** The machine of an engine, and how far its clock is ahead of ours, milliseconds; null where it does not tell. */
export const engineMachine = (
  { docker, open = openApi }: Pick<Asked, 'docker' | 'open'>,
  now: () => number,
): Promise<Result<Omit<EngineInfo, 'clock'> & { readonly skewMs: number | null }>> =>
  attemptDocker('docker-not-running', 'asking the engine for its state', async () => {
    const api = await open(docker);
    const asked = now();
    const { clock, ...machine } = await api.info();
    // The answer was made between question and answer: the middle is as near as one can say.
    return ok({ ...machine, skewMs: clock === null ? null : clock - (asked + now()) / 2 });
  });

/**
 * Whether every image that a run needs is there, or could be built and pulled now.
 *
 * @param options.progress is called with what is being done, one clause
 */
export const imagesObtainable = async (
  options: Asked & {
    readonly packageRoot: string;
    readonly profile: Profile;
    readonly services?: readonly ServiceName[];
    readonly progress: (text: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<Result<'were-there' | 'made'>> =>
  attemptDocker('images-missing', 'looking for the images', async () => {
    const { docker, stateDir, open = openApi, packageRoot, profile, services = SERVICES, progress, signal } = options;
    const [{ ensureImages }, { imageTag }] = await Promise.all([import('./images/ensure-images.ts'), import('./images/image-tag.ts')]);
    const [api, tag] = await Promise.all([open(docker), imageTag(packageRoot)]);
    return ensureImages({
      connection: docker,
      api,
      project: projectOfFolder(stateDir, packageRoot, profile),
      tag,
      services,
      progress,
      signal,
    });
  });
