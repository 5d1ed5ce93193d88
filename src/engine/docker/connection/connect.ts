import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import Dockerode, { type ContainerInspectInfo } from 'dockerode';
import { clientTlsOptions } from '#infra/tls/options.ts';
import type { ContainerDetails, ContainerEvent, DockerApi, LogOptions } from './docker-api.ts';
import type { DockerConnection } from './context.ts';
import { linesOf } from './lines.ts';
import { readCertificates } from './probe.ts';
import { within } from './within.ts';

/** Most requests take milliseconds, on a busy machine seconds. */
const REQUEST_LIMIT_MS = 20_000;
/** What the engine may take beyond the grace period to end and unmount a container. */
const STOP_LIMIT_MS = 20_000;

/** The Engine API of a connection. */
export const connect = async ({ endpoint }: DockerConnection): Promise<DockerApi> => {
  // Whatever is not said here, the library would take from the environment, which may speak of another engine.
  const unsaid = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
  if (endpoint.kind === 'socket') return apiOf(new Dockerode({ ...unsaid, socketPath: endpoint.path, protocol: 'http' }));
  const certificates = await readCertificates(endpoint.certFolder);
  const agent = new Agent(clientTlsOptions(certificates));
  const options = { ...certificates, host: endpoint.host, port: endpoint.port, protocol: 'https', agent } as const;
  return apiOf(new Dockerode(options));
};

const apiOf = (docker: Dockerode): DockerApi => ({
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
});

/** A request that only reads, or flips a switch. */
const soon = <T>(what: string, ask: (limit: AbortSignal) => Promise<T>): Promise<T> => within(REQUEST_LIMIT_MS, what, ask);

const having = (labels: readonly string[]) => ({ filters: { label: [...labels] } });

/** Whether a port is published where ours are, on the loopback address or on all of them. */
const isOnLoopback = ({ IP, PublicPort }: { IP?: string; PublicPort?: number }): boolean =>
  PublicPort !== undefined && PublicPort > 0 && (IP === undefined || ['', '0.0.0.0', '::', '::1'].includes(IP) || IP.startsWith('127.'));

/** Whoever stops half-way lets go of the connection: Node itself keeps it where the answer came whole, and with it the process. */
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

/** Of some requests a status says that what was asked for is so already: 304 no change, 404 gone, 409 not running or being removed. */
const unlessDone = async (asked: Promise<unknown>, ...done: readonly number[]): Promise<void> => {
  try {
    await asked;
  } catch (error) {
    if (!hasStatus(error, ...done)) throw error;
  }
};

const nullWhenMissing = async <T>(ask: () => Promise<T>): Promise<T | null> => {
  try {
    return await ask();
  } catch (error) {
    if (hasStatus(error, 404)) return null;
    throw error;
  }
};

const hasStatus = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof Error && 'statusCode' in error && codes.includes(Number(error.statusCode));

/** The engine's words in ours. */
const detailsOf = ({ Id, Name, Config, State, Created, RestartCount }: ContainerInspectInfo): ContainerDetails => ({
  id: Id,
  name: Name.replace(/^\//, ''),
  labels: Config.Labels,
  status: State.Status as ContainerDetails['status'],
  pid: State.Pid,
  exitCode: State.ExitCode,
  outOfMemory: State.OOMKilled,
  error: State.Error,
  startedAt: momentOf(State.StartedAt),
  createdAt: momentOf(Created) ?? 0,
  restartCount: RestartCount,
  health: healthOf(State.Health?.Status),
  lastProbe: State.Health?.Log?.at(-1)?.Output.trim() ?? null,
});

const healthOf = (status: string | undefined): ContainerDetails['health'] =>
  status === 'healthy' || status === 'unhealthy' || status === 'starting' ? status : null;

/** Null for what never was, which the engine tells as the year 1. */
const momentOf = (text: string | undefined): number | null => {
  const moment = Date.parse(text ?? '');
  return moment > 0 ? moment : null;
};
