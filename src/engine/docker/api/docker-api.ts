import type { Readable } from 'node:stream';

/**
 * The part of the Docker Engine API that this engine needs, in our words. This folder speaks it: `open-api.ts` opens it, the library
 * behind it is loaded by the commands alone that ask an engine, and no request waits without a limit. Tests put a stand-in in its place.
 */
export interface DockerApi {
  info(): Promise<EngineInfo>;
  /** Every container with these labels, running or not, as the list tells it. */
  containers(labels: readonly string[]): Promise<readonly ContainerSummary[]>;
  /** Null when there is none of this id or name. */
  inspect(id: string): Promise<ContainerDetails | null>;
  start(id: string): Promise<void>;
  /** SIGTERM, then SIGKILL after the grace period; answers when it has ended. */
  stop(id: string, graceMs: number): Promise<void>;
  kill(id: string): Promise<void>;
  /** Every process of it stands still. */
  pause(id: string): Promise<void>;
  unpause(id: string): Promise<void>;
  /** Removes it with its anonymous volumes, running or not. */
  remove(id: string): Promise<void>;
  networks(labels: readonly string[]): Promise<readonly Labelled[]>;
  removeNetwork(id: string): Promise<void>;
  volumes(labels: readonly string[]): Promise<readonly Labelled[]>;
  removeVolume(name: string): Promise<void>;
  images(labels: readonly string[]): Promise<readonly ImageSummary[]>;
  image(reference: string): Promise<ImageDetails | null>;
  removeImage(reference: string): Promise<void>;
  /** Container events of one project until `signal` aborts; throws when the stream breaks. `opened` is called when it stands. */
  events(project: string, opened: () => void, signal: AbortSignal): AsyncIterable<ContainerEvent>;
  /** Multiplexed output, as the API gives it. */
  logs(id: string, options: LogOptions): Promise<AsyncIterable<Buffer>>;
  /** A tar of a file or folder of a container, running or not; null when there is no such path. */
  archive(id: string, path: string): Promise<AsyncIterable<Buffer> | null>;
  /** Unpacks a tar, which may be compressed by gzip, into a folder of a container, running or not; owners and modes are those of the tar. */
  unpack(id: string, path: string, tar: Readable): Promise<void>;
}

/** The machine of an engine, which may be a virtual one on this. */
export interface EngineInfo {
  /** Its clock, epoch milliseconds; null where it does not tell. */
  readonly clock: number | null;
  /** Bytes; null where it does not tell. */
  readonly memory: number | null;
  /** Runs as an ordinary user. */
  readonly isRootless: boolean;
}

export interface Labelled {
  /** Id of a network, name of a volume. */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ContainerSummary extends Labelled {
  readonly image: string;
  readonly imageId: string;
  readonly state: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Ports of this machine's loopback address that lead to it. */
  readonly publishedPorts: readonly number[];
  /** Names of the networks that it is on, or would be if it ran. */
  readonly networks: readonly string[];
}

export interface ContainerDetails extends Labelled {
  readonly status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  /** Number on the engine's host; 0 when it does not run. */
  readonly pid: number;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** Why it could not be started; empty when it could. */
  readonly error: string;
  /** Epoch milliseconds; null when it never was. */
  readonly startedAt: number | null;
  readonly createdAt: number;
  readonly restartCount: number;
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null;
  /** Output of the last health check. */
  readonly lastProbe: string | null;
}

export interface ImageSummary {
  readonly id: string;
  readonly tags: readonly string[];
}

export interface ImageDetails {
  readonly id: string;
  /** When its tag was last put on it, epoch milliseconds; null where the engine does not tell. */
  readonly taggedAt: number | null;
}

export interface ContainerEvent {
  readonly containerId: string;
  readonly action: string;
}

export interface LogOptions {
  readonly follow: boolean;
  /** Only the last so many lines. */
  readonly tail?: number;
  /** Only from this moment on, epoch milliseconds. */
  readonly since?: number;
  readonly signal?: AbortSignal;
}
