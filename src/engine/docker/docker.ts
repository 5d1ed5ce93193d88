import { setTimeout as pause } from 'node:timers/promises';
import { once } from '#infra/cache/once.ts';
import { isFilled } from '#engine/state/state-folder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { prepareMounts, type PreparedMounts } from '#engine/files/mounts/prepare-mounts.ts';
import { mountedTenants } from '#engine/files/mounts/mounted-tenants.ts';
import { type Engine, type EngineEvent, type Profile, SERVICES, type ServiceName } from '../engine.ts';
import { checkPorts } from '../ports.ts';
import { createBatch } from './batch.ts';
import type { DockerApi } from './connection/docker-api.ts';
import type { DockerConnection } from './connection/context.ts';
import { attemptDocker, dockerFailure, lastLineOf } from './connection/failures.ts';
import type { BroughtUp } from './containers/bring-up.ts';
import { createContainerCache } from './containers/container-watch.ts';
import { containersOf, statusOf, worstOf } from './containers/container-state.ts';
import { sweep } from './containers/sweep.ts';
import { diagnose } from './diagnose.ts';
import { down } from './down.ts';
import { imageTag } from './images/image-tag.ts';
import { COMPOSE } from './project/labels.ts';
import { type Owner, ownLabels } from './project/owner-label.ts';
import { readLogs } from './output/logs.ts';
import { readCollected } from './output/records.ts';
import { findPortConflicts } from './port-conflicts.ts';
import { PARTS, projectOf } from './project/project.ts';

export interface DockerEngineOptions {
  /** Folder for everything that this stack keeps, `.passthru` by convention. */
  readonly stateDir: string;
  readonly portKms: number;
  readonly portIdentity: number;
  readonly profile: Profile;
  /** Folder of our package.json. */
  readonly packageRoot: string;
  /** The engine, as `probeDocker` found it. */
  readonly docker: DockerConnection;
  /** `process`: nobody needs the stack when this process is dead; `state-folder`: it stays until it is taken down. */
  readonly owner: Owner;
  /** What a container gets to end its requests and write its data before it is killed, milliseconds. */
  readonly stopGraceMs?: number;
  /** Why this engine and no other, one clause. */
  readonly reason?: string;
  /** Told of damage that was found and repaired, and of what was removed. */
  readonly warn?: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * The stack as containers: PostgreSQL, the OpenTelemetry Collector, Identity and KMS. Compose makes them, so that they are what the
 * files in deployments/ say; starting, watching and ending them goes through the Engine API, which tells at once what Compose would
 * look for twice a second. Whoever changes something (prepare, up, down, demoTenants with an option) holds the lock of the state folder.
 */
export const createDockerEngine = (options: DockerEngineOptions): Engine => {
  const { docker: connection, packageRoot, owner, stopGraceMs = 8_000, warn = () => {}, now = Date.now } = options;
  const project = projectOf(options);
  const { folder } = project;
  const ofProject = [`${COMPOSE.project}=${project.name}`];
  const api = once(async () => (await import('./connection/connect.ts')).connect(connection));
  const cache = createContainerCache({ api, project: project.name });
  const watchers = new Set<(event: EngineEvent) => void>();
  const tag = once(() => imageTag(packageRoot));
  const swept = once(() => sweepAll(api, warn));
  let prepared: Promise<Result<PreparedMounts>> | undefined;

  const progress = (text: string): void => {
    for (const emit of watchers) emit({ type: 'progress', text });
  };

  const hasData = async (): Promise<boolean> =>
    (await (await api()).volumes(ofProject)).some(({ labels }) => labels[COMPOSE.volume]?.endsWith('-postgres-data') === true);

  const prepareAnew = (signal: AbortSignal): Promise<Result<PreparedMounts>> => {
    const ports = checkPorts(project.ports);
    if (!ports.ok) return Promise.resolve(ports);
    prepared = prepareMounts({ folder, target: folder.docker, packageRoot, ports: project.ports, hasData, signal, warn, now });
    return prepared;
  };

  const portConflicts = (services: readonly ServiceName[]) => findPortConflicts({ api, project, services });

  const starts = createBatch<ServiceName, Awaited<ReturnType<Engine['up']>>>(async (services, signal): Promise<BroughtUp> => {
    const loading = import('./containers/bring-up.ts');
    const mounts = await (prepared ?? prepareAnew(signal));
    if (!mounts.ok) return new Map(services.map((service) => [service, mounts]));
    const brought = await attemptDocker('start-failed', `starting ${services.join(', ')}`, async () => {
      await swept();
      const { bringUp } = await loading;
      const own = await ownLabels({ stateDir: folder.path, owner });
      const { hashes } = mounts.value;
      const rest = { tag: await tag(), own, hashes, conflicts: portConflicts, progress, signal };
      const done = await bringUp(services, { connection, api: await api(), project, ...rest });
      await cache.look();
      return ok(done);
    });
    if (!brought.ok) return new Map(services.map((service) => [service, brought]));
    for (const [service, done] of brought.value) if (done.ok && done.value !== 'already-running') forget(service);
    return brought.value;
  });

  /** A start that `up` made is no restart. */
  const forget = (service: ServiceName): void => {
    for (const part of PARTS) if (project.containersOf(service).includes(part)) cache.forget(part);
  };

  return {
    kind: 'docker',
    parts: PARTS,
    profile: project.profile,
    reason: options.reason ?? connection.name,
    isFallback: false,
    portConflicts: async (services) => {
      // Leftovers of killed runs hold ports, and are nobody's stack.
      await swept();
      return portConflicts(services).catch(unanswered(connection));
    },
    hasData: async () => (await isFilled(folder.data)) || hasData().catch(unanswered(connection)),
    prepare: async (signal) => {
      // What `up` will need is fetched while certificates are made.
      void Promise.allSettled([api(), tag(), import('./containers/bring-up.ts')]);
      const [result] = await Promise.all([prepareAnew(signal), swept()]);
      return result.ok ? ok(result.value.tls) : result;
    },
    up: starts.do,
    endpoints: () => project.endpoints,
    watch: (emit, signal) => {
      if (signal.aborted) return;
      watchers.add(emit);
      signal.addEventListener('abort', () => watchers.delete(emit), { once: true });
      cache.watch(emit, signal);
    },
    status: async () => {
      const { containers, lost } = await cache.known().catch(unanswered(connection));
      return PARTS.map((part) => {
        const found = containersOf(containers, part);
        const status = statusOf(part, found, { address: project.address(part), starts: cache.starts(part), now: now() });
        if (lost === null || status.state === 'absent') return status;
        return { ...status, state: 'exited', health: null, pid: null, uptimeMs: null, exitCode: null };
      });
    },
    diagnose: async (part) => diagnose({ api, part, ...(await cache.known().catch(unanswered(connection))) }),
    logs: async function* (part, wanted) {
      yield* readLogs({ api: await api(), part, look: () => cache.look().catch(unanswered(connection)), wanted });
    },
    down: async ({ services = SERVICES, volumes, signal }) => {
      // A start that was given up may still have containers made.
      const enough = pause(GIVEN_UP_MS, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
      await Promise.race([starts.idle(), enough.catch(() => undefined)]);
      const done = await down({ api, project, services, volumes, graceMs: stopGraceMs, signal });
      if (volumes && SERVICES.every((service) => services.includes(service))) prepared = undefined;
      return done;
    },
    demoTenants: (change = {}) => mountedTenants({ folder, target: folder.docker, set: change.set, warn }),
    telemetryRecords: async function* (kind, looking) {
      const { containers } = await cache.known().catch(unanswered(connection));
      const container = worstOf(containersOf(containers, 'telemetry'));
      if (container === undefined) return;
      yield* readCollected({ api: await api(), containerId: container.id, kind, ...looking });
    },
    [Symbol.asyncDispose]: () => {
      cache.close();
      return Promise.resolve();
    },
  };
};

/** What a start that was given up may take to end, milliseconds: Compose is killed after five seconds. */
const GIVEN_UP_MS = 6_000;

/** Leftovers that cannot be removed stand in nobody's way now; they are told. */
const sweepAll = async (api: () => Promise<DockerApi>, warn: (text: string) => void): Promise<void> => {
  try {
    for (const stateDir of await sweep(await api())) warn(`removed the containers that a killed run left behind (${stateDir})`);
  } catch (error) {
    warn(`what killed runs left behind could not be removed: ${lastLineOf(error)}`);
  }
};

/** Nothing was ever seen of the project, and now the engine does not answer. */
const unanswered =
  ({ name }: DockerConnection) =>
  (error: unknown): never => {
    const { error: why } = dockerFailure({
      code: 'docker-not-running',
      what: `the Docker engine (${name}) cannot be asked`,
      text: lastLineOf(error),
    });
    throw new AppError(why.code, 503, why.message, { fix: why.fix, cause: error });
  };
