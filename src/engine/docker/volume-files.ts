import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { syncFolder } from '#infra/files/sync-folder.ts';
import type { ServiceName } from '../engine.ts';
import { DATABASE_PARTS, type DatabaseFiles } from '../stack-engine.ts';
import type { ContainerSummary, DockerApi } from './api/docker-api.ts';
import { attemptDocker } from './connection/failures.ts';
import { down } from './down.ts';
import { COMPOSE } from './project/labels.ts';
import { databaseOf, type Project } from './project/project.ts';

type Server = (typeof DATABASE_PARTS)[number];

/** Where the volume of a PostgreSQL is mounted. */
const VOLUME = '/var/lib/postgresql/data';
const FILE = 'volume.tar.gz';
/** Empty pages and segments of the log are most of a young database: the fastest level leaves a tenth of it. */
const LEVEL = 1;

export interface VolumeFilesOptions {
  readonly api: () => Promise<DockerApi>;
  readonly project: Project;
  readonly graceMs: number;
  /** Makes the containers of services and starts none. */
  readonly make: (services: readonly ServiceName[], signal: AbortSignal) => Promise<Result<null>>;
  /** Has certificates, secrets and configuration prepared anew before the next containers are made. */
  readonly renew: () => void;
}

/**
 * The volumes of the PostgreSQL servers as tars, of servers that do not run: who copies the files of one that does has half of a write in
 * them, and two servers have no moment in common but the one in which both are down.
 */
export const volumeFiles = (options: VolumeFilesOptions): DatabaseFiles => {
  const { api, project, graceMs, make, renew } = options;

  const containers = async (): Promise<readonly ContainerSummary[]> => (await api()).containers([`${COMPOSE.project}=${project.name}`]);
  const ofDatabase = async (server: Server): Promise<ContainerSummary | undefined> =>
    (await containers()).find(({ labels }) => labels[COMPOSE.service] === databaseOf(server));
  const hasVolume = async (server: Server): Promise<boolean> =>
    (await (await api()).volumes([`${COMPOSE.project}=${project.name}`])).some(
      ({ labels }) => labels[COMPOSE.volume] === `${databaseOf(server)}-data`,
    );

  /** Each ends before the one that it depends on. */
  const stop = async (): Promise<boolean> => {
    let ran = false;
    for (const name of ['kms', 'identity', 'kms-postgres', 'identity-postgres']) {
      for (const { id, state } of (await containers()).filter(({ labels }) => labels[COMPOSE.service] === name)) {
        if (state !== 'running' && state !== 'paused' && state !== 'restarting') continue;
        ran = true;
        await (await api()).stop(id, graceMs);
      }
    }
    return ran;
  };

  const pack = async (server: Server, folder: string): Promise<void> => {
    const container = await ofDatabase(server);
    if (container === undefined) throw new Error(`there is no container of ${databaseOf(server)}`);
    // The dot: the tar is of what is in the folder.
    const tar = await (await api()).archive(container.id, `${VOLUME}/.`);
    if (tar === null) throw new Error(`${databaseOf(server)} has no ${VOLUME}`);
    const file = join(folder, FILE);
    await pipeline(Readable.from(tar), createGzip({ level: LEVEL }), createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }));
    await syncFolder(folder);
  };

  const copyTo: DatabaseFiles['copyTo'] = (folder, signal) =>
    attemptDocker('databases-not-copied', 'copying the databases', async () => {
      if (project.profile === 'ci') {
        return fail('data-in-memory', 'with the profile ci the databases are in memory, and end with their containers', {
          fix: 'Start the stack with `--profile demo`.',
        });
      }
      const begun = performance.now();
      const stopped = await stop();
      for (const server of DATABASE_PARTS) {
        const target = join(folder, server);
        await mkdir(target, { recursive: true, mode: 0o700 });
        if (!(await hasVolume(server))) continue;
        const isMade = (await ofDatabase(server)) !== undefined;
        const made = isMade ? ok(null) : await make([server], signal);
        if (!made.ok) return made;
        await pack(server, target);
        // What was made for this alone goes again.
        if (!isMade) await down({ api, project, services: [server], volumes: false, graceMs });
      }
      return ok({ heldMs: stopped ? performance.now() - begun : 0, stopped });
    });

  const unpack = async (server: Server, folder: string, signal: AbortSignal): Promise<Result<null>> => {
    const removed = await down({ api, project, services: [server], volumes: true, graceMs, signal: AbortSignal.abort() });
    if (!removed.ok) return removed;
    const file = join(folder, FILE);
    if ((await lstat(file).catch(missingIs(null))) === null) return ok(null);
    const made = await make([server], signal);
    if (!made.ok) return made;
    const container = await ofDatabase(server);
    if (container === undefined) return fail('containers-not-made', `Compose made no container of ${databaseOf(server)}`);
    await (await api()).unpack(container.id, VOLUME, createReadStream(file));
    return ok(null);
  };

  return {
    copyTo,
    moveTo: async (folder, signal) => {
      // Nothing goes before all is there: until then the volumes are what counts.
      const aside = `${folder}.copying`;
      await rm(aside, { recursive: true, force: true });
      await mkdir(aside, { mode: 0o700 });
      const copied = await copyTo(aside, signal);
      if (!copied.ok) return copied;
      for (const server of DATABASE_PARTS) await rename(join(aside, server), join(folder, server));
      await rm(aside, { recursive: true });
      return ok(null);
    },
    takeFrom: (folder, signal) =>
      attemptDocker('databases-not-moved', 'putting the databases in their place', async () => {
        renew();
        for (const server of DATABASE_PARTS) {
          const source = join(folder, server);
          if ((await lstat(source).catch(missingIs(null))) === null) continue;
          const done = await unpack(server, source, signal);
          if (!done.ok) return done;
          await rm(source, { recursive: true });
        }
        return ok(null);
      }),
  };
};
