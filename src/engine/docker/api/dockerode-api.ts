import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { detailsOf, momentOf } from './container-details.ts';
import type { ContainerEvent, DockerApi, LogOptions } from './docker-api.ts';
import { linesOf } from '../connection/lines.ts';
import { nullWhenMissing, soon, unlessDone } from './requests.ts';
import { within } from './within.ts';

/** Milliseconds that the engine may take beyond the grace period to end and unmount a container. */
const STOP_LIMIT_MS = 20_000;

/** @see https://docs.docker.com/reference/api/engine/version/v1.50/#tag/System/operation/SystemInfo */
interface InfoAnswer {
  readonly SystemTime?: string;
  readonly MemTotal?: number;
  readonly SecurityOptions?: readonly string[];
}

/** The Engine API in our words, by the library that speaks it. */
export const createDockerApi = (docker: Dockerode): DockerApi => ({
  info: async () => {
    // The library takes a signal here, too; its types do not say so.
    const engine: { info(options: { readonly abortSignal: AbortSignal }): Promise<InfoAnswer> } = docker;
    const found = await soon('the state of the engine', (abortSignal) => engine.info({ abortSignal }));
    const clock = Date.parse(found.SystemTime ?? '');
    return {
      clock: Number.isNaN(clock) ? null : clock,
      memory: found.MemTotal === undefined || found.MemTotal === 0 ? null : found.MemTotal,
      isRootless: (found.SecurityOptions ?? []).some((option) => /^name=rootless\b/.test(option)),
    };
  },
  containers: async (labels) =>
    (await soon('the list of containers', (abortSignal) => docker.listContainers({ all: true, ...having(labels), abortSignal }))).map(
      (found) => ({
        id: found.Id,
        name: (found.Names[0] ?? found.Id).replace(/^\//, ''),
        labels: found.Labels,
        image: found.Image,
        imageId: found.ImageID,
        state: found.State,
        createdAt: found.Created * 1000,
        networks: Object.keys(found.NetworkSettings?.Networks ?? {}),
        publishedPorts: [...new Set(found.Ports.filter(isOnLoopback).map(({ PublicPort }) => PublicPort))],
      }),
    ),
  inspect: (id) =>
    nullWhenMissing(async () =>
      detailsOf(await soon(`what container ${id} is`, (abortSignal) => docker.getContainer(id).inspect({ abortSignal }))),
    ),
  start: (id) =>
    unlessDone(
      soon(`the start of container ${id}`, (abortSignal) => docker.getContainer(id).start({ abortSignal })),
      304,
    ),
  stop: (id, graceMs) =>
    unlessDone(
      within(graceMs + STOP_LIMIT_MS, `the stop of container ${id}`, (abortSignal) =>
        docker.getContainer(id).stop({ t: Math.ceil(graceMs / 1000), abortSignal }),
      ),
      304,
      404,
    ),
  kill: (id) =>
    unlessDone(
      soon(`the kill of container ${id}`, (abortSignal) => docker.getContainer(id).kill({ signal: 'SIGKILL', abortSignal })),
      404,
      409,
    ),
  pause: (id) =>
    unlessDone(
      soon(`container ${id} to stand still`, (abortSignal) => docker.getContainer(id).pause({ abortSignal })),
      409,
    ),
  unpause: (id) =>
    unlessDone(
      soon(`container ${id} to go on`, (abortSignal) => docker.getContainer(id).unpause({ abortSignal })),
      404,
      409,
    ),
  remove: (id) =>
    unlessDone(
      within(STOP_LIMIT_MS, `the removal of container ${id}`, (abortSignal) =>
        docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
      ),
      404,
      409,
    ),
  networks: async (labels) =>
    (await soon('the list of networks', (abortSignal) => docker.listNetworks({ ...having(labels), abortSignal }))).map(
      ({ Id, Name, Labels }) => ({ id: Id, name: Name, labels: Labels ?? {} }),
    ),
  removeNetwork: (id) =>
    unlessDone(
      soon(`the removal of network ${id}`, (abortSignal) => docker.getNetwork(id).remove({ abortSignal })),
      404,
    ),
  volumes: async (labels) =>
    ((await soon('the list of volumes', (abortSignal) => docker.listVolumes({ ...having(labels), abortSignal }))).Volumes ?? []).map(
      ({ Name, Labels }) => ({ id: Name, name: Name, labels: Labels ?? {} }),
    ),
  removeVolume: (name) =>
    unlessDone(
      soon(`the removal of volume ${name}`, (abortSignal) => docker.getVolume(name).remove({ abortSignal })),
      404,
    ),
  images: async (labels) =>
    (await soon('the list of images', (abortSignal) => docker.listImages({ ...having(labels), abortSignal }))).map(({ Id, RepoTags }) => ({
      id: Id,
      tags: (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
    })),
  image: (reference) =>
    nullWhenMissing(async () => {
      const { Id, Metadata } = (await soon(`what image ${reference} is`, () => docker.getImage(reference).inspect())) as InspectedImage;
      return { id: Id, taggedAt: momentOf(Metadata?.LastTagTime) };
    }),
  removeImage: (reference) =>
    unlessDone(
      within(STOP_LIMIT_MS, `the removal of image ${reference}`, (abortSignal) => docker.getImage(reference).remove({ abortSignal })),
      404,
    ),
  events: async function* (project, opened, signal) {
    const label = [`com.docker.compose.project=${project}`];
    const options = { filters: JSON.stringify({ type: ['container'], label }), abortSignal: signal };
    const stream = (await docker.getEvents(options)) as Readable;
    opened();
    for await (const line of linesOf(stream)) {
      const { Action = '', Actor } = JSON.parse(line) as { Action?: string; Actor?: { ID?: string } };
      yield { containerId: Actor?.ID ?? '', action: Action } satisfies ContainerEvent;
    }
  },
  logs: async (id, options) => releasing(await openLogs(docker, id, options)),
  archive: (id, path) =>
    nullWhenMissing(async () => {
      // The limit is for its beginning: a signal would also cut the stream short, which takes as long as the reader likes.
      const opened = await soon(`${path} of container ${id}`, () => docker.getContainer(id).getArchive({ path }));
      return releasing(opened as unknown as Readable);
    }),
  // No limit: it takes as long as the tar is.
  unpack: async (id, path, tar) => void (await docker.getContainer(id).putArchive(tar, { path })),
});

const having = (labels: readonly string[]) => ({ filters: { label: [...labels] } });

/** Whether a port is published where ours are, on the loopback address or on all of them. */
const isOnLoopback = ({ IP, PublicPort }: { IP?: string; PublicPort?: number }): boolean =>
  PublicPort !== undefined && PublicPort > 0 && (IP === undefined || ['', '0.0.0.0', '::', '::1'].includes(IP) || IP.startsWith('127.'));

/** Lets go of the connection when the reader stops half-way: Node would keep it where the answer came whole, and with it the process. */
async function* releasing(stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } finally {
    stream.destroy();
  }
}

interface InspectedImage {
  readonly Id: string;
  readonly Metadata?: { readonly LastTagTime?: string };
}

/** The library would read a log that is not followed whole into memory. */
const openLogs = (docker: Dockerode, id: string, { follow, tail, since, signal }: LogOptions): Promise<Readable> =>
  new Promise((resolve, reject) => {
    const wanted = { ...(tail === undefined ? {} : { tail }), ...(since === undefined ? {} : { since: since / 1000 }) };
    docker.modem.dial(
      {
        path: `/containers/${encodeURIComponent(id)}/logs?`,
        method: 'GET',
        isStream: true,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
        options: { stdout: true, stderr: true, follow, ...wanted },
        ...(signal === undefined ? {} : { abortSignal: signal }),
      },
      (error, stream) => (error === null ? resolve(stream as Readable) : reject(error)),
    );
  });
