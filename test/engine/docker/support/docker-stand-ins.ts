import { randomUUIDv7 } from 'node:crypto';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { probeDocker } from '#engine/docker/connection/probe.ts';
import { createDockerEngine, type DockerEngineOptions } from '#engine/docker/docker.ts';
import { projectOf } from '#engine/docker/project/project.ts';
import type { PartName } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { docker } from '../../../support/docker-stack.ts';
import { ROOT } from '../../../support/engine.ts';
import { reservePorts } from '../../../support/ports.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

/** Behaviour of the stand-in for one part: `ends` exits with code 3, `hungry` takes memory until it is killed, `stubborn` heeds no SIGTERM. */
type Behaviour = 'well' | 'ends' | 'hungry' | 'stubborn';

const STAND_IN = `
import { createServer } from 'node:net';
const behaviour = process.argv[2];
process.on('SIGTERM', () => {
  console.log('SIGTERM');
  if (behaviour !== 'stubborn') process.exit(0);
});
createServer((socket) => socket.destroy()).listen(8081, () => console.log('listening'));
console.error('a word on stderr');
if (behaviour === 'ends') {
  console.log('the stand-in ends');
  process.exit(3);
}
const held = [];
if (behaviour === 'hungry') setInterval(() => held.push(Buffer.alloc(16 * 1024 * 1024, 1)), 10);
`;

export interface DockerStack extends AsyncDisposable {
  readonly stateDir: string;
  readonly packageRoot: string;
  readonly project: string;
  readonly portKms: number;
  readonly portIdentity: number;
  readonly warnings: string[];
  readonly options: Pick<DockerEngineOptions, 'stateDir' | 'packageRoot' | 'portKms' | 'portIdentity' | 'profile'>;
  /** An engine as another run of the CLI would make it. */
  engine(options?: Partial<DockerEngineOptions>): Promise<StackEngine>;
  behave(part: PartName, behaviour: Behaviour): Promise<void>;
  /** Ids of the project's containers by service. */
  containers(): Promise<Readonly<Record<string, string>>>;
}

/**
 * A package of stand-in servers with our real configuration, and a state folder of its own, on the real engine: what an engine does
 * with containers shows without waiting for real servers. Containers, volumes and networks end with the test.
 */
export const dockerStack = async (): Promise<DockerStack> => {
  const folder = await temporaryDirectory();
  const packageRoot = join(folder.path, 'package');
  const stateDir = join(folder.path, `state-${randomUUIDv7()}`);
  await mkdir(join(packageRoot, 'bin'), { recursive: true });
  await cp(join(ROOT, 'deployments'), join(packageRoot, 'deployments'), { recursive: true });
  await Promise.all([
    writeFile(join(packageRoot, 'package.json'), '{"type":"module","version":"0.0.0"}'),
    writeFile(join(packageRoot, 'bin', 'stand-in.mjs'), STAND_IN),
    ...['telemetry', 'identity', 'kms', 'postgres'].map((product) => standIn(join(packageRoot, 'deployments', product))),
  ]);
  const behaviours = new Map<PartName, Behaviour>();
  const behave = async (part: PartName, behaviour: Behaviour): Promise<void> => {
    behaviours.set(part, behaviour);
    await writeCompose(packageRoot, behaviours);
  };
  await writeCompose(packageRoot, behaviours);
  const warnings: string[] = [];
  const { kms: portKms, identity: portIdentity } = await reservePorts();
  const options = { stateDir, packageRoot, profile: 'demo', portKms, portIdentity } as const;
  const engine: DockerStack['engine'] = async (more = {}) => {
    const found = await probeDocker({ env: process.env });
    if (!found.ok) throw new Error(found.error.message);
    return createDockerEngine({
      ...options,
      docker: found.value,
      owner: 'state-folder',
      warn: (text) => void warnings.push(text),
      ...more,
    });
  };
  const project = projectOf(options).name;
  return {
    ...options,
    options,
    project,
    warnings,
    engine,
    behave,
    containers: async () => {
      const rows = await docker(
        'ps',
        '-a',
        '--filter',
        `label=com.docker.compose.project=${project}`,
        '--format',
        '{{.Label "com.docker.compose.service"}} {{.ID}}',
      );
      return Object.fromEntries(
        rows
          .trim()
          .split('\n')
          .map((row) => row.split(' ') as [string, string]),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await (await engine({ stopGraceMs: 0 })).down({ volumes: true });
      await folder[Symbol.asyncDispose]();
    },
  };
};

/** In place of what is delivered: an image of nothing but the stand-in. */
const standIn = async (folder: string): Promise<void> => {
  const delivered = (await readdir(folder)).filter((name) => name.startsWith('compose'));
  await Promise.all(delivered.map((name) => rm(join(folder, name))));
  await Promise.all([
    writeFile(join(folder, 'Dockerfile'), 'FROM node:26-trixie-slim\nCOPY bin /app/bin\nUSER node\n'),
    writeFile(join(folder, 'Dockerfile.dockerignore'), '*\n!bin\n'),
  ]);
};

const writeCompose = async (packageRoot: string, behaviours: ReadonlyMap<PartName, Behaviour>): Promise<void> => {
  const file = (product: string, name: string) => join(packageRoot, 'deployments', product, name);
  const command = (part: PartName) => ['node', '/app/bin/stand-in.mjs', behaviours.get(part) ?? 'well'];
  const service = (product: 'telemetry' | 'identity' | 'kms', more: object) => ({
    image: `passthru-${product}:\${PASSTHRU_TAG}`,
    build: { context: '../..', dockerfile: `deployments/${product}/Dockerfile` },
    command: command(product),
    networks: [`${product}-network`],
    ...more,
  });
  const database = (part: 'identity-postgres' | 'kms-postgres', network: string) => ({
    image: 'passthru-postgres:${PASSTHRU_TAG}',
    build: { context: '../..', dockerfile: 'deployments/postgres/Dockerfile' },
    command: ['node', '-e', 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)'],
    networks: [network],
    volumes: [`${part}-data:/data`],
  });
  const healthcheck = {
    test: ['CMD', 'node', '-e', 'console.log("the probe says yes")'],
    interval: '30s',
    start_period: '30s',
    start_interval: '1s',
  };
  await Promise.all([
    writeFile(
      file('telemetry', 'compose.yml'),
      stringify({ services: { telemetry: service('telemetry', {}) }, networks: { 'telemetry-network': {} } }),
    ),
    writeFile(
      file('kms', 'compose.demo.yml'),
      stringify({
        services: {
          'identity-postgres': database('identity-postgres', 'identity-network'),
          identity: service('identity', {}),
          'kms-postgres': database('kms-postgres', 'kms-network'),
          partner: { ...service('identity', {}), profiles: ['partner'] },
          kms: service('kms', { healthcheck, mem_limit: '96m', ports: ['127.0.0.1:${PASSTHRU_PORT_KMS}:8081'] }),
        },
        networks: { 'identity-network': {}, 'kms-network': {} },
        volumes: { 'identity-postgres-data': {}, 'kms-postgres-data': {} },
      }),
    ),
  ]);
};
