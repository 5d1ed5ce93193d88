import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseDocument } from 'yaml';
import { ROOT } from '../support/engine.ts';

export const DEPLOYMENTS = join(ROOT, 'deployments');

/** Bytes of a core file, as written or as Compose prints them. */
type CoreLimit = number | { readonly soft?: number; readonly hard?: number };

/** The members of a service in a Compose file that tests look at; `docker compose config` writes the same words. */
export interface ComposeFileService {
  readonly image?: string;
  readonly build?: { readonly secrets?: readonly { readonly source: string; readonly target: string }[] };
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly ulimits?: { readonly core?: CoreLimit };
  readonly security_opt?: readonly string[];
  readonly network_mode?: string;
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly ports?: readonly (string | { readonly host_ip?: string; readonly mode?: string; readonly target: number })[];
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly volumes?: readonly (string | { readonly type: string; readonly source?: string; readonly target: string })[];
  readonly logging?: { readonly options?: Readonly<Record<string, string>> };
  readonly deploy?: { readonly replicas?: number; readonly resources?: { readonly limits?: Readonly<Record<string, unknown>> } };
}

export interface ComposeFile {
  readonly services?: Readonly<Record<string, ComposeFileService | null>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
  readonly configs?: Readonly<Record<string, { readonly file: string }>>;
  readonly networks?: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

/** A YAML file below deployments/; Compose's own tags are left out, what they stand on stays. */
export const readYaml = async <T>(file: string): Promise<T> =>
  parseDocument(await readFile(join(DEPLOYMENTS, file), 'utf8'), { logLevel: 'silent', merge: true }).toJS() as T;

/** Every set of files that is meant to be given to `docker compose` together. */
export const COMBINATIONS: Readonly<Record<string, readonly string[]>> = {
  telemetry: ['telemetry/compose.yml'],
  'Identity alone': ['identity/compose.demo.yml'],
  'Identity with telemetry': ['telemetry/compose.yml', 'identity/compose.demo.yml'],
  'KMS with telemetry': ['telemetry/compose.yml', 'kms/compose.demo.yml'],
  'all three': ['telemetry/compose.yml', 'identity/compose.demo.yml', 'kms/compose.demo.yml'],
  'all three in another order': ['kms/compose.demo.yml', 'identity/compose.demo.yml', 'telemetry/compose.yml'],
  'ci of Identity': ['telemetry/compose.yml', 'identity/compose.demo.yml', 'telemetry/compose.ci.yml', 'identity/compose.ci.yml'],
  'ci of all': [
    'telemetry/compose.yml',
    'kms/compose.demo.yml',
    'telemetry/compose.ci.yml',
    'identity/compose.ci.yml',
    'kms/compose.ci.yml',
  ],
  'prod of Identity': ['telemetry/compose.prod.yml', 'identity/compose.yml', 'identity/compose.prod.yml'],
  'prod of all': [
    'telemetry/compose.prod.yml',
    'identity/compose.yml',
    'identity/compose.prod.yml',
    'kms/compose.yml',
    'kms/compose.prod.yml',
  ],
  'prod of all, published telemetry': [
    'telemetry/compose.yml',
    'identity/compose.yml',
    'identity/compose.prod.yml',
    'kms/compose.yml',
    'kms/compose.prod.yml',
  ],
};

const run = promisify(execFile);

/** A path that names no real folder: nothing is started, so nothing is read. */
const MOUNTS = join(DEPLOYMENTS, 'no-such-mounts');

/** Files of an operator's own have absolute paths. */
const flags = (files: readonly string[], flag: string) => files.flatMap((file) => [flag, resolve(DEPLOYMENTS, file)]);

/** Compose files that are given together, as Compose reads them, profile `grafana` included. */
export const composeConfig = async (files: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ComposeFile> => {
  const args = ['compose', '-p', 'test', '--profile', 'grafana', ...flags(files, '-f'), 'config', '--format', 'json'];
  const { stdout } = await run('docker', args, { env: { ...process.env, PASSTHRU_MOUNTS: MOUNTS, ...env }, timeout: 60_000 });
  return JSON.parse(stdout) as ComposeFile;
};

/** The stack that `docker stack deploy` would deploy, as text; this needs no swarm. */
export const stackConfig = async (files: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ComposeFile> => {
  const args = ['stack', 'config', ...flags(files, '-c')];
  const { stdout } = await run('docker', args, { env: { ...process.env, PASSTHRU_MOUNTS: MOUNTS, ...env }, timeout: 60_000 });
  return parseDocument(stdout).toJS() as ComposeFile;
};

export const networksOf = ({ networks = [] }: ComposeFileService): readonly string[] =>
  (Array.isArray(networks) ? (networks as readonly string[]) : Object.keys(networks)).toSorted();

/** Everything in which a service of a whole stack is less closed than it must be; empty when all is well. */
export const flawsOf = (service: ComposeFileService): readonly string[] => {
  const tag = /^[a-z0-9./-]+:([\w.-]+)$/.exec(service.image ?? '')?.[1];
  const limits = service.deploy?.resources?.limits ?? {};
  const published = (service.ports ?? []).filter(
    (port) => typeof port === 'string' || (port.mode !== 'host' && port.host_ip !== '127.0.0.1'),
  );
  const open = published.filter((port) => typeof port !== 'string' || !port.startsWith('127.0.0.1:'));
  const flaws: readonly (readonly [boolean, string])[] = [
    [tag === undefined || tag === 'latest', `image ${service.image} names no version`],
    [/^(?:|root|0)(?::|$)/.test(service.user ?? ''), 'runs as root'],
    [service.read_only !== true, 'can write its root file system'],
    [service.privileged === true || service.cap_add !== undefined, 'has privileges'],
    [service.cap_drop?.join() !== 'ALL', 'keeps capabilities'],
    [service.security_opt?.join() !== 'no-new-privileges:true', 'may gain privileges'],
    [!isZero(service.ulimits?.core), 'writes its memory to a file when it crashes'],
    [service.network_mode !== undefined, 'has a network of its own kind'],
    [['cpus', 'memory', 'pids'].some((limit) => limits[limit] === undefined), 'has no limit of cpus, memory or pids'],
    [service.healthcheck?.test?.[0] !== 'CMD', 'has no health check, or one through a shell that nobody asked for'],
    [service.logging?.options?.['max-size'] === undefined, 'has a log without end'],
    [open.length > 0, 'is published beyond this machine'],
    [Object.entries(service.environment ?? {}).some(isSecret), 'has a secret in its environment'],
  ];
  return flaws.filter(([isFlaw]) => isFlaw).map(([, text]) => text);
};

/** Compose leaves zeros out of what it prints. */
const isZero = (limit: CoreLimit | undefined): boolean =>
  typeof limit === 'object' ? (limit.soft ?? 0) === 0 && (limit.hard ?? 0) === 0 : limit === 0;

/** A name that speaks of a secret and a value that is not the path of a file. */
const isSecret = ([name, value]: readonly [string, string]): boolean =>
  /PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL/.test(name) && !value.startsWith('/run/secrets/');
