import { buffer } from 'node:stream/consumers';
import type {
  ContainerDetails,
  ContainerEvent,
  ContainerSummary,
  DockerApi,
  ImageDetails,
  Labelled,
} from '#engine/docker/api/docker-api.ts';

/** A Docker engine in memory: the things that it has, and the requests that it got. */
export interface FakeDocker {
  readonly api: DockerApi;
  readonly containers: Map<string, ContainerDetails>;
  /** Ports of this machine by container. */
  readonly published: Map<string, readonly number[]>;
  readonly networks: Labelled[];
  readonly volumes: Labelled[];
  readonly images: Map<string, ImageDetails & { readonly label?: boolean }>;
  /** Requests that change something, in their order, for example `stop kms-1`. */
  readonly requests: string[];
  /** Log output by container, as frames of the engine. */
  readonly output: Map<string, Buffer>;
  /** Archives by container. */
  readonly archives: Map<string, Buffer>;
  /** What was unpacked into a container, as it came. */
  readonly unpacked: Map<string, Buffer>;
  /** Sends an event to everybody who listens. */
  tell(event: ContainerEvent): void;
  /** Ends every stream of events with this error. */
  breakStreams(error: Error): void;
  /** While not null, every request fails with it. */
  gone: Error | null;
  /** How often the containers were asked for. */
  looks: number;
  /** Called before a container is stopped or killed. */
  before: (request: string) => Promise<void>;
}

/** Answers out of memory, as the engine would. */
export const fakeDocker = (): FakeDocker => {
  const streams = new Set<{ push(event: ContainerEvent): void; fail(error: Error): void }>();
  const fake: FakeDocker = {
    api: undefined as unknown as DockerApi,
    containers: new Map(),
    published: new Map(),
    networks: [],
    volumes: [],
    images: new Map(),
    requests: [],
    output: new Map(),
    archives: new Map(),
    unpacked: new Map(),
    tell: (event) => {
      for (const stream of streams) stream.push(event);
    },
    breakStreams: (error) => {
      for (const stream of streams) stream.fail(error);
    },
    gone: null,
    looks: 0,
    before: () => Promise.resolve(),
  };
  const answer = <T>(value: () => T): Promise<T> => (fake.gone === null ? Promise.resolve().then(value) : Promise.reject(fake.gone));
  const change = (request: string, apply: () => void): Promise<void> =>
    answer(() => void fake.requests.push(request))
      .then(() => fake.before(request))
      .then(apply);
  const update = (id: string, to: Partial<ContainerDetails>): void => {
    const container = fake.containers.get(id);
    if (container !== undefined) fake.containers.set(id, { ...container, ...to });
  };
  const removeFrom = (things: Labelled[], id: string): void => {
    things.splice(0, things.length, ...things.filter((thing) => thing.id !== id));
  };

  const api: DockerApi = {
    containers: (labels) =>
      answer(() => {
        fake.looks += 1;
        return [...fake.containers.values()]
          .filter((container) => hasLabels(container, labels))
          .map((container) => summaryOf(container, fake.published.get(container.id)));
      }),
    inspect: (id) => answer(() => fake.containers.get(id) ?? null),
    start: (id) => change(`start ${id}`, () => update(id, { status: 'running', startedAt: 1, pid: 4711 })),
    stop: (id, graceMs) => change(`stop ${id} ${graceMs}`, () => update(id, { status: 'exited' })),
    kill: (id) => change(`kill ${id}`, () => update(id, { status: 'exited', exitCode: 137 })),
    pause: (id) => change(`pause ${id}`, () => update(id, { status: 'paused' })),
    unpause: (id) => change(`unpause ${id}`, () => update(id, { status: 'running' })),
    remove: (id) => change(`remove ${id}`, () => void fake.containers.delete(id)),
    networks: (labels) => answer(() => fake.networks.filter((network) => hasLabels(network, labels))),
    removeNetwork: (id) => change(`remove network ${id}`, () => removeFrom(fake.networks, id)),
    volumes: (labels) => answer(() => fake.volumes.filter((volume) => hasLabels(volume, labels))),
    removeVolume: (id) => change(`remove volume ${id}`, () => removeFrom(fake.volumes, id)),
    images: () =>
      answer(() =>
        [...fake.images]
          .filter(([, { label }]) => label !== false)
          .map(([tag, { id }]) => ({ id, tags: tag.startsWith('sha256:') ? [] : [tag] })),
      ),
    image: (reference) => answer(() => fake.images.get(reference) ?? null),
    info: async () => ({ clock: null, memory: null, isRootless: false }),
    removeImage: (reference) => change(`remove image ${reference}`, () => void fake.images.delete(reference)),
    events: async function* (_project, opened, signal) {
      if (fake.gone !== null) throw fake.gone;
      const queue: ContainerEvent[] = [];
      let failed: Error | undefined;
      let wake = (): void => undefined;
      const stream = {
        push: (event: ContainerEvent) => (queue.push(event), wake()),
        fail: (error: Error) => ((failed = error), wake()),
      };
      streams.add(stream);
      signal.addEventListener('abort', () => stream.fail(new Error('aborted')), { once: true });
      opened();
      try {
        for (;;) {
          for (let next = queue.shift(); next !== undefined; next = queue.shift()) yield next;
          if (failed !== undefined) throw failed;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        streams.delete(stream);
      }
    },
    logs: (id) => answer(() => chunksOf(fake.output.get(id) ?? Buffer.alloc(0))),
    archive: (id) =>
      answer(() => {
        const archive = fake.archives.get(id);
        return archive === undefined ? null : chunksOf(archive);
      }),
    unpack: async (id, path, tar) => {
      const whole = await buffer(tar);
      await change(`unpack ${id} ${path}`, () => void fake.unpacked.set(id, whole));
    },
  };
  return Object.assign(fake, { api });
};

const hasLabels = ({ labels }: Labelled, wanted: readonly string[]): boolean =>
  wanted.every((each) => {
    const [name = '', value] = each.split(/=(.*)/s);
    return value === undefined ? labels[name] !== undefined : labels[name] === value;
  });

const summaryOf = (
  { id, name, labels, status, createdAt }: ContainerDetails,
  publishedPorts: readonly number[] = [],
): ContainerSummary => ({
  id,
  name,
  labels,
  image: 'image',
  imageId: 'sha256:image',
  state: status,
  createdAt,
  publishedPorts,
  networks: [],
});

/** In pieces of seven bytes: what is read must not lean on how it comes. */
async function* chunksOf(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

/** A container as `docker inspect` would tell it: running, healthy, of this service. */
export const container = (service: string, details: Partial<ContainerDetails> = {}): ContainerDetails => ({
  id: `${service}-1`,
  name: `passthru-test-${service}-1`,
  labels: {
    'com.docker.compose.service': service,
    'com.docker.compose.container-number': '1',
    'com.docker.compose.project': 'passthru-test',
  },
  status: 'running',
  pid: 100,
  exitCode: 0,
  outOfMemory: false,
  error: '',
  startedAt: 1_000,
  createdAt: 900,
  restartCount: 0,
  health: 'healthy',
  lastProbe: null,
  ...details,
});

/** A piece of output as the engine frames it. */
export const frame = (stream: 1 | 2, text: string): Buffer => {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
};
