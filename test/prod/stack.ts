import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { HttpsClient } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { type Compose, compose } from '../support/compose.ts';
import { docker } from '../support/docker-stack.ts';
import { ROOT } from '../support/engine.ts';
import { reservePorts } from '../support/ports.ts';
import { PERSON, type ProdFiles, prodFiles, SERVICE_CLIENT, TENANTS } from './files.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** The production files, as docs/production.md names them, from the folder `deployments`. */
export const PROD_FILES = [
  'telemetry/compose.prod.yml',
  'identity/compose.yml',
  'identity/compose.prod.yml',
  'kms/compose.yml',
  'kms/compose.prod.yml',
] as const;

const run = promisify(execFile);

type Server = 'kms' | 'identity';

export interface Replica {
  readonly id: string;
  readonly name: string;
  /** Ports of this machine: for everybody, and for operators. */
  readonly port: number;
  readonly adminPort: number;
}

export interface ProdStack extends AsyncDisposable {
  readonly files: ProdFiles;
  readonly compose: Compose;
  /** Ports of the balancers. */
  readonly ports: Readonly<Record<Server, number>>;
  /** The containers of a server that run. */
  replicas(server: Server): Promise<readonly Replica[]>;
  kill(replica: Pick<Replica, 'id'>): Promise<void>;
  /** Stops it, as an operator would, and starts it again; its ports are others afterwards. */
  restart(replica: Pick<Replica, 'id'>): Promise<void>;
  /** Starts it again; its ports are others afterwards. */
  start(replica: Pick<Replica, 'id'>): Promise<void>;
  /** The commands of an operator, in bash, from the folder `deployments`, with `$prod` and the variables of this stack. @returns stdout */
  shell(commands: string): Promise<string>;
  /** Tag of the images. */
  readonly tag: string;
  client(who?: 'anybody' | 'caller' | 'operator'): HttpsClient;
  /** Resolves when /readyz at this port answers 200. */
  ready(port: number): Promise<void>;
}

const UP_LIMIT_S = 240;
const READY_LIMIT_MS = 90_000;
const PAUSE_MS = 200;
/** One processor may have all of them to serve. */
const ANSWER_LIMIT_MS = 30_000;

/** Tries until it succeeds. */
const until = async (what: string, limitMs: number, attempt: () => Promise<void>): Promise<void> => {
  const started = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() - started > limitMs) throw new Error(`waited ${limitMs} ms for ${what}`, { cause: error });
      await setTimeout(PAUSE_MS);
    }
  }
};

interface Inspected {
  readonly Id: string;
  readonly Name: string;
  readonly NetworkSettings: { readonly Ports: Readonly<Record<string, readonly { readonly HostPort: string }[] | null>> };
}

const portOf = ({ Name, NetworkSettings }: Inspected, port: number): number => {
  const published = NetworkSettings.Ports[`${port}/tcp`]?.[0];
  if (published === undefined) throw new Error(`${Name} publishes no port for ${port}`);
  return Number(published.HostPort);
};

/**
 * Makes tenants, accounts and clients by the commands of docs/production.md, beside replicas that run.
 *
 * @returns passwords that these commands chose, by user name or client id
 */
const makeData = async (shell: ProdStack['shell'], operator: string): Promise<Readonly<Record<string, string>>> => {
  const text = await readFile(join(ROOT, 'docs', 'production.md'), 'utf8');
  const [, chapter = ''] = text.split('\n## First tenants and accounts\n');
  const [begin, tenant, identity] = [...chapter.matchAll(/^```\n([^`]*)^```$/gm)].map(([, commands = '']) => commands);
  const other = `beside kms tenant create ${TENANTS[1]} --administrator ${TENANTS[1]}-admin --password-file /operator/ann.password`;
  await shell(`${begin}${tenant}${identity}${other}\n`);
  const read = async (file: string) => (await readFile(join(operator, file), 'utf8')).trim();
  return { [PERSON]: await read('ann.password'), [SERVICE_CLIENT]: await read('acme-worker.password') };
};

/** The production stack under a project, ports, tenants and data of its own; all of it ends with the test. */
export const prodStack = async (options: { readonly kms: number; readonly identity: number }): Promise<ProdStack> => {
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(await temporaryDirectory());
  const ports = await reservePorts();
  const files = await prodFiles(directory.path, ports);
  const given = process.env['PASSTHRU_TAG'];
  const tag = given ?? `test-${randomUUIDv7()}`;
  const env = {
    PASSTHRU_TAG: tag,
    PASSTHRU_MOUNTS: files.mounts,
    PASSTHRU_EDGE_KMS: files.edges.kms,
    PASSTHRU_EDGE_IDENTITY: files.edges.identity,
    PASSTHRU_PORT_KMS: String(ports.kms),
    PASSTHRU_PORT_IDENTITY: String(ports.identity),
    PASSTHRU_REPLICAS_KMS: String(options.kms),
    PASSTHRU_REPLICAS_IDENTITY: String(options.identity),
  };
  const folder = join(ROOT, 'deployments');
  const project = `prod-${randomUUIDv7()}`;
  const stack = compose({ project, folder, env, files: [...PROD_FILES, files.overlay] });
  if (given === undefined) {
    await run(process.execPath, [join(ROOT, 'build/bundle.ts')]);
    await compose({ project, folder, env, files: PROD_FILES }).run('build');
    opened.defer(async () => {
      await docker('image', 'rm', '--force', ...['telemetry', 'identity', 'kms'].map((name) => `passthru-${name}:${tag}`));
    });
  }
  opened.defer(async () => void (await stack.run('down', '--volumes', '--timeout', '2')));

  const client = (who: 'anybody' | 'caller' | 'operator' = 'anybody'): HttpsClient =>
    createHttpsClient({ ca: files.ca, timeoutMs: ANSWER_LIMIT_MS, ...(who === 'anybody' ? {} : files.certificates[who]) });
  const ready = async (port: number): Promise<void> => {
    await using asking = client();
    await until(`readyz at port ${port}`, READY_LIMIT_MS, async () => {
      const { status, text } = await asking.request({ url: `https://localhost:${port}/readyz` });
      if (status !== 200) throw new Error(text);
    });
  };

  // The first start of all replicas at once, on databases that are empty.
  await stack.run('up', '--detach', '--wait', '--wait-timeout', String(UP_LIMIT_S), '--no-build', '--pull', 'never');
  await Promise.all([ready(ports.kms), ready(ports.identity)]);
  const shell: ProdStack['shell'] = async (commands) => {
    const prod = [...PROD_FILES, files.overlay].map((file) => `-f ${file}`).join(' ');
    const own = commands.replaceAll('docker compose -p passthru ', `docker compose -p ${project} `);
    const options = { cwd: folder, env: { ...process.env, ...env, prod }, timeout: UP_LIMIT_S * 1000 };
    return (await run('bash', ['-euo', 'pipefail', '-c', own], options)).stdout;
  };
  const passwords = { ...files.passwords, ...(await makeData(shell, join(files.mounts, 'operator'))) };

  const resources = opened.move();
  return {
    files: { ...files, passwords },
    tag,
    compose: stack,
    ports,
    client,
    ready,
    replicas: async (server) => {
      const label = (name: string, value: string) => ['--filter', `label=com.docker.compose.${name}=${value}`];
      const ids = await docker('ps', '--quiet', ...label('project', project), ...label('service', server), ...label('oneoff', 'False'));
      const found = JSON.parse(await docker('inspect', ...ids.trim().split('\n'))) as readonly Inspected[];
      const public_ = server === 'kms' ? 8081 : 8082;
      return found
        .map((each) => ({ id: each.Id, name: each.Name, port: portOf(each, public_), adminPort: portOf(each, public_ + 1000) }))
        .toSorted((a, b) => a.name.localeCompare(b.name));
    },
    kill: async ({ id }) => void (await docker('kill', '--signal', 'KILL', id)),
    shell,
    restart: async ({ id }) => void (await docker('restart', id)),
    start: async ({ id }) => void (await docker('start', id)),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};
