import { setTimeout as pause } from 'node:timers/promises';
import { once } from '#infra/cache/once.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { createFaultDoor } from '#engine/faults/create-fault-door.ts';
import { mountedTenants } from '#engine/files/mounts/mounted-tenants.ts';
import { prepareMounts, type PreparedMounts } from '#engine/files/mounts/prepare-mounts.ts';
import { isFilled } from '#engine/state/state-folder.ts';
import { type EngineEvent, type PortUser, type Profile, SERVICES } from '../engine.ts';
import { checkPorts } from '../ports.ts';
import type { StackEngine } from '../stack-engine.ts';
import type { DockerConnection } from './connection/docker-connection.ts';
import { attemptDocker, throwUnanswered } from './connection/failures.ts';
import { type OpenApi, openApi } from './api/open-api.ts';
import { containersOf, statusOf, worstOf } from './containers/container-state.ts';
import { openPartner } from './containers/partner.ts';
import { createContainerWatch } from './containers/container-watch.ts';
import { sweepAndTell } from './containers/sweep.ts';
import { diagnose } from './diagnose.ts';
import { dockerFaults } from './docker-faults.ts';
import { down } from './down.ts';
import { imageTag } from './images/image-tag.ts';
import { readLogs } from './output/logs.ts';
import { readCollected } from './output/records.ts';
import { publishedPorts } from './compose/published-ports.ts';
import { findPortConflicts } from './port-conflicts.ts';
import { COMPOSE } from './project/labels.ts';
import type { Owner } from './project/owner-label.ts';
import { PARTS, projectOf } from './project/project.ts';
import { createStarts } from './starts.ts';
import { volumeFiles } from './volume-files.ts';

export interface DockerEngineOptions {
  /** Folder for everything that this stack keeps, `.passthru` by convention. */
  readonly stateDir: string;
  readonly portKms: number;
  readonly portIdentity: number;
  /** From a public port to the next listener of the same service; by default a thousand. */
  readonly portStep?: number;
  readonly profile: Profile;
  /** Further names and addresses of the public servers. */
  readonly hosts?: readonly string[];
  /** Folder of our package.json. */
  readonly packageRoot: string;
  /** The engine, as `probeDocker` found it. */
  readonly docker: DockerConnection;
  /** How its API is opened; by the library where not given. */
  readonly open?: OpenApi;
  /** `process`: nobody needs the stack when this process is dead; `state-folder`: it stays until it is taken down. */
  readonly owner: Owner;
  /** Removes nothing, not even what killed runs left behind; default false. */
  readonly looksOnly?: boolean;
  /** Milliseconds that a container has to end its requests and write its data before it is killed. */
  readonly stopGraceMs?: number;
  /** Why this engine and no other, one clause. */
  readonly reason?: string;
  /** Called with damage that was found and repaired, and with what was removed. */
  readonly warn?: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** Milliseconds that a start which was given up may take to end: Compose is killed after five seconds. */
const GIVEN_UP_MS = 6_000;

/**
 * The stack as containers: PostgreSQL, the OpenTelemetry Collector, Identity and KMS. Compose makes them, so that they are what the
 * files in deployments/ say; starting, watching and ending them goes through the Engine API, which tells at once what Compose would
 * look for twice a second. The caller of what changes something (prepare, up, down, demoTenants with an option) holds the lock of the
 * state folder.
 *
 * The folders below, from the top down: `output/` reads logs and records, `containers/` makes, starts, watches and ends containers,
 * `images/` builds and pulls, `compose/` runs Compose and `api/` speaks the Engine API, `project/` names and labels a stack, and
 * `connection/` finds the engine. None of them knows another kind of engine.
 */
export const createDockerEngine = (options: DockerEngineOptions): StackEngine => {
  const {
    docker: connection,
    open = openApi,
    packageRoot,
    owner,
    looksOnly = false,
    stopGraceMs = 8_000,
    warn = () => {},
    now = Date.now,
  } = options;
  const project = projectOf(options);
  const { folder } = project;
  const api = once(() => open(connection));
  const watch = createContainerWatch({ api, project: project.name });
  const watchers = new Set<(event: EngineEvent) => void>();
  const tag = once(() => imageTag(packageRoot));
  const swept = once(async () => (looksOnly ? undefined : sweepAndTell(api, warn)));
  const unanswered = throwUnanswered(connection);
  let mounts: Promise<Result<PreparedMounts>> | undefined;

  const hasVolumes = async (ofServer = ''): Promise<boolean> =>
    (await (await api()).volumes([`${COMPOSE.project}=${project.name}`])).some(
      ({ labels }) => labels[COMPOSE.volume]?.endsWith(`${ofServer}-postgres-data`) === true,
    );

  const prepareAnew = (signal: AbortSignal): Promise<Result<PreparedMounts>> => {
    const ports = checkPorts(project.ports);
    if (!ports.ok) return Promise.resolve(ports);
    mounts = publishedPorts(project, warn).then(() =>
      prepareMounts({
        folder,
        target: folder.docker,
        packageRoot,
        ports: project.ports,
        hosts: project.hosts,
        partner: project.profile !== 'prod',
        hasData: hasVolumes,
        signal,
        warn,
        now,
      }),
    );
    return mounts;
  };

  const portConflicts = (services: readonly PortUser[]) => findPortConflicts({ api, project, services, areLeftoversSwept: !looksOnly });

  const starts = createStarts({
    connection,
    api,
    project,
    owner,
    tag,
    watch,
    swept,
    conflicts: portConflicts,
    mounts: (signal) => mounts ?? prepareAnew(signal),
    progress: (text) => {
      for (const emit of watchers) emit({ type: 'progress', text });
    },
  });

  return {
    kind: 'docker',
    parts: PARTS,
    profile: project.profile,
    reason: options.reason ?? connection.name,
    isFallback: false,
    portConflicts: async (services) => {
      // Leftovers of killed runs hold ports, and are nobody's stack.
      await swept();
      return portConflicts(services).catch(unanswered);
    },
    holdsData: (server) => hasVolumes(server).catch(unanswered),
    hasData: async () => (await isFilled(folder.data)) || hasVolumes().catch(unanswered),
    prepare: async (signal) => {
      // The things that `up` will need are fetched while certificates are made.
      void Promise.allSettled([api(), tag(), starts.load()]);
      const [result] = await Promise.all([prepareAnew(signal), swept()]);
      return result.ok ? ok(result.value.tls) : result;
    },
    up: starts.up,
    openPartner: (signal) =>
      attemptDocker('start-failed', 'starting the second Identity', async () => openPartner(await api(), project, signal)),
    endpoints: () => project.endpoints,
    watch: (emit, signal) => {
      if (signal.aborted) return;
      watchers.add(emit);
      signal.addEventListener('abort', () => watchers.delete(emit), { once: true });
      watch.watch(emit, signal);
    },
    status: async () => {
      const { containers, lost } = await watch.known().catch(unanswered);
      if (lost !== null) return unanswered(new Error(lost));
      return PARTS.map((part) => {
        const found = containersOf(containers, part);
        return statusOf(part, found, { address: project.address(part), starts: watch.starts(part), now: now() });
      });
    },
    diagnose: async (part) => diagnose({ api, part, ...(await watch.known().catch(unanswered)) }),
    logs: async function* (part, wanted) {
      yield* readLogs({ api: await api(), part, look: () => watch.look().catch(unanswered), wanted, now });
    },
    down: async ({ services = SERVICES, volumes, signal }) => {
      // A start that was given up may still have containers made.
      const enough = pause(GIVEN_UP_MS, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
      await Promise.race([starts.idle(), enough.catch(() => undefined)]);
      const done = await down({ api, project, services, volumes, graceMs: stopGraceMs, signal });
      if (volumes && SERVICES.every((service) => services.includes(service))) mounts = undefined;
      return done;
    },
    databases: volumeFiles({
      api,
      project,
      graceMs: stopGraceMs,
      make: (services, signal) => starts.make(services, signal),
      renew: () => (mounts = undefined),
    }),
    faults: createFaultDoor({
      kind: 'docker',
      folder,
      hosts: project.hosts,
      means: dockerFaults({
        api,
        project,
        graceMs: stopGraceMs,
        prepare: async () => void orThrow(await prepareAnew(new AbortController().signal)),
      }),
      now,
    }),
    volumes: async () => (await (await api()).volumes([`${COMPOSE.project}=${project.name}`]).catch(unanswered)).map(({ name }) => name),
    portsOf: project.portsOf,
    missingImages: async (services) => {
      const { missingImages } = await import('./images/ensure-images.ts');
      return missingImages({ api: await api(), services, tag: await tag(), project }).catch(unanswered);
    },
    imagesInUse: async () => {
      const found = await (await api()).containers([`${COMPOSE.project}=${project.name}`]).catch(unanswered);
      return found.map(({ labels, name, image, imageId: id }) => ({ part: labels[COMPOSE.service] ?? name, image, id }));
    },
    removeImages: () =>
      attemptDocker('images-not-removed', 'removing the images', async () => {
        const { removeImages } = await import('./images/remove-images.ts');
        return ok(await removeImages(await api(), await tag()));
      }),
    demoTenants: (change = {}) => mountedTenants({ folder, target: folder.docker, set: change.set, warn }),
    telemetryRecords: async function* (kind, looking) {
      const { containers } = await watch.known().catch(unanswered);
      const container = worstOf(containersOf(containers, 'telemetry'));
      if (container === undefined) return;
      yield* readCollected({ api: await api(), containerId: container.id, kind, ...looking });
    },
    [Symbol.asyncDispose]: () => {
      watch.close();
      return Promise.resolve();
    },
  };
};
