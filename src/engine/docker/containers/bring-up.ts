import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { type PartName, type PortConflict, type PortUser, SERVICES, type ServiceName } from '../../engine.ts';
import { portTaken } from '../../ports.ts';
import type { ContainerSummary, DockerApi } from '../api/docker-api.ts';
import { attemptDocker } from '../connection/failures.ts';
import { ensureEach, ensureImages } from '../images/ensure-images.ts';
import { COMPOSE } from '../project/labels.ts';
import type { Project } from '../project/project.ts';
import { createContainers, type CreateOptions } from './create-containers.ts';
import { isBeyondRepair, isPaused, ofService, type Started, startService } from './start-containers.ts';

type MakeOptions = Omit<CreateOptions, 'services'>;

export interface BringUpOptions extends MakeOptions {
  readonly conflicts: (services: readonly ServiceName[]) => Promise<readonly PortConflict[]>;
}

export type BroughtUp = ReadonlyMap<ServiceName, Result<Started>>;

/** Brings several services up at once: images, then containers by one call of Compose, then every start at the same time. */
export const bringUp = async (services: readonly ServiceName[], options: BringUpOptions): Promise<BroughtUp> => {
  const done = await attemptDocker('start-failed', `starting ${services.join(', ')}`, async () => ok(await bringUpAll(services, options)));
  return done.ok ? done.value : new Map(services.map((service) => [service, done]));
};

const bringUpAll = async (services: readonly ServiceName[], options: BringUpOptions): Promise<BroughtUp> => {
  const { api, project, signal } = options;
  const [{ failures }, conflicts] = await Promise.all([ensureEach({ ...options, services }), options.conflicts(services)]);
  const refused = new Map<PortUser | PartName, Result<never>>([
    ...conflicts.map((each) => [each.service, portTaken(each)] as const),
    ...failures,
  ]);
  const wanted = services.filter((service) => !refused.has(service));
  const result = new Map<ServiceName, Result<Started>>();
  for (const service of services) {
    const failed = refused.get(service);
    if (failed !== undefined) result.set(service, failed);
  }
  if (wanted.length === 0) return result;

  const before = await listContainers(api, project);
  const names = wanted.flatMap((service) => project.containersOf(service));
  await Promise.all([
    ...before.filter(isBeyondRepair).map(({ id }) => api.remove(id)),
    // Compose cannot give a paused container the network that it lost.
    ...names
      .flatMap((name) => ofService(before, name))
      .filter(isPaused)
      .map(({ id }) => api.unpause(id)),
  ]);
  const first = await createAndStart(names, before, options);
  const broken = signal.aborted ? [] : names.filter((name) => isBroken(first.get(name)));
  const second = broken.length === 0 ? new Map() : await makeAnew(broken, wanted, before, options);
  const started = new Map([...first, ...second]);
  for (const service of wanted) result.set(service, together(project.containersOf(service), service, started));
  return result;
};

/**
 * Makes the containers of several services, with their volumes, and starts none.
 *
 * @returns why they could not be made; an image that cannot be had is such a reason
 */
export const makeContainers = async (services: readonly ServiceName[], options: MakeOptions): Promise<Result<null>> => {
  const images = await ensureImages({ ...options, services });
  if (!images.ok) return images;
  const names = services.flatMap((service) => [...options.project.containersOf(service), ...options.project.madeWith(service)]);
  return createContainers({ ...options, services: names });
};

type Outcomes = ReadonlyMap<string, Result<Started>>;

const createAndStart = async (
  names: readonly string[],
  before: readonly ContainerSummary[],
  options: BringUpOptions,
): Promise<Outcomes> => {
  const { api, project, signal } = options;
  const more = SERVICES.filter((service) => names.includes(service)).flatMap((service) => project.madeWith(service));
  const created = await createContainers({ ...options, services: [...names, ...more] });
  if (!created.ok) return new Map(names.map((name) => [name, created]));
  signal.throwIfAborted();
  const containers = await listContainers(api, project);
  // Databases first: they take longest, and their servers wait for them by themselves.
  const ordered = names.toSorted((a, b) => Number(b.endsWith('-postgres')) - Number(a.endsWith('-postgres')));
  return new Map(
    await Promise.all(ordered.map(async (name) => [name, await startService({ api, service: name, before, containers })] as const)),
  );
};

/** Whether new containers, or images that were there a moment ago, may mend a failure. */
const isBroken = (started: Result<Started> | undefined): boolean =>
  started !== undefined && !started.ok && (started.error.code === 'start-failed' || started.error.code === 'image-gone');

/** Makes containers anew, and with them the network or image that a killed run, or somebody else, took from below them. */
const makeAnew = async (
  names: readonly string[],
  services: readonly ServiceName[],
  before: readonly ContainerSummary[],
  options: BringUpOptions,
): Promise<Outcomes> => {
  const { api, project } = options;
  const images = await ensureImages({ ...options, services });
  if (!images.ok) return new Map(names.map((name) => [name, images]));
  const stopped = (await listContainers(api, project)).filter(({ state }) => state !== 'running');
  await Promise.all(names.flatMap((name) => ofService(stopped, name)).map(({ id }) => api.remove(id)));
  return createAndStart(names, before, options);
};

/** A service is up when it and what is its own are; what happened to itself is told. */
const together = (names: readonly string[], service: ServiceName, started: Outcomes): Result<Started> => {
  const failed = names.map((name) => started.get(name)).find((each) => each?.ok === false);
  return failed ?? started.get(service) ?? fail('start-failed', `${service} was not started`);
};

const listContainers = (api: DockerApi, project: Project): Promise<readonly ContainerSummary[]> =>
  api.containers([`${COMPOSE.project}=${project.name}`]);
