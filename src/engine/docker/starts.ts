import { ok, type Result } from '#infra/apperr/result.ts';
import type { PreparedMounts } from '#engine/files/mounts/prepare-mounts.ts';
import type { PortConflict, ServiceName } from '../engine.ts';
import { createBatch } from './batch.ts';
import type { DockerConnection } from './connection/docker-connection.ts';
import type { DockerApi } from './api/docker-api.ts';
import { attemptDocker } from './connection/failures.ts';
import type { BroughtUp } from './containers/bring-up.ts';
import type { ContainerWatch } from './containers/container-watch.ts';
import type { Started } from './containers/start-containers.ts';
import { type Owner, ownLabels } from './project/owner-label.ts';
import { PARTS, type Project } from './project/project.ts';

export interface Starts {
  /** Brings a service up, with its database. */
  up(service: ServiceName, signal: AbortSignal): Promise<Result<Started>>;
  /** Makes the containers of services, their volumes and those of their databases, and starts none. */
  make(services: readonly ServiceName[], signal: AbortSignal): Promise<Result<null>>;
  /** Resolves when no start is under way. */
  idle(): Promise<void>;
  /** Loads the code that a start needs; it is off the path of commands that start nothing. */
  load(): Promise<unknown>;
}

export interface StartsOptions {
  readonly connection: DockerConnection;
  readonly api: () => Promise<DockerApi>;
  readonly project: Project;
  readonly owner: Owner;
  readonly tag: () => Promise<string>;
  readonly watch: Pick<ContainerWatch, 'look' | 'forget'>;
  /** Removes what killed runs left behind. */
  readonly swept: () => Promise<void>;
  readonly conflicts: (services: readonly ServiceName[]) => Promise<readonly PortConflict[]>;
  readonly mounts: (signal: AbortSignal) => Promise<Result<PreparedMounts>>;
  readonly progress: (text: string) => void;
}

const load = () => import('./containers/bring-up.ts');

/** Starts of services: those that are asked for in one turn of the event loop are made by one call of Compose. */
export const createStarts = (options: StartsOptions): Starts => {
  const { connection, api, project, owner, tag, watch, swept, conflicts, mounts, progress } = options;
  /** A start that `up` made is no restart. */
  const forgetStarts = (service: ServiceName): void => {
    for (const part of PARTS) if (project.containersOf(service).includes(part)) watch.forget(part);
  };

  const means = async (signal: AbortSignal) => ({
    connection,
    api: await api(),
    project,
    tag: await tag(),
    own: await ownLabels({ stateDir: project.folder.path, owner }),
    progress,
    signal,
  });

  const make: Starts['make'] = async (services, signal) => {
    const prepared = await mounts(signal);
    if (!prepared.ok) return prepared;
    await swept();
    const { makeContainers } = await load();
    return makeContainers(services, { ...(await means(signal)), hashes: prepared.value.hashes });
  };

  const batch = createBatch<ServiceName, Result<Started>>(async (services, signal): Promise<BroughtUp> => {
    const loading = load();
    const all = (result: Result<never>): BroughtUp => new Map(services.map((service) => [service, result]));
    const prepared = await mounts(signal);
    if (!prepared.ok) return all(prepared);
    const brought = await attemptDocker('start-failed', `starting ${services.join(', ')}`, async () => {
      await swept();
      const { bringUp } = await loading;
      const { hashes } = prepared.value;
      const done = await bringUp(services, { ...(await means(signal)), hashes, conflicts });
      await watch.look();
      return ok(done);
    });
    if (!brought.ok) return all(brought);
    for (const [service, done] of brought.value) if (done.ok && done.value !== 'already-running') forgetStarts(service);
    return brought.value;
  });

  return { up: batch.do, make, idle: batch.idle, load };
};
