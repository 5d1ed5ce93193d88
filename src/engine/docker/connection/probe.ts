import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { clientTlsOptions } from '#infra/tls/options.ts';
import { resolveContext } from './context.ts';
import { dockerEnvironment } from './docker-environment.ts';
import type { DockerConnection, DockerEndpoint } from './docker-connection.ts';
import { dockerFailure, lastLineOf } from './failures.ts';

const run = promisify(execFile);
/** An engine that is well answers in a few milliseconds. */
const ENGINE_LIMIT_MS = 2_000;
const COMPOSE_LIMIT_MS = 5_000;
/** The first Compose that tells its progress as JSON; `include`, `!reset` and file secrets, which our files need, are older. */
const COMPOSE_MINIMUM = [2, 29] as const;

/**
 * Whether there is a Docker engine to run the stack on: its program, its Compose, and an answer within two seconds.
 * Without Docker it takes a few milliseconds.
 *
 * @param options.env the environment of this process
 * @param options.making whether containers are to be made, for which Compose is needed; default true
 * @returns the engine that was found, or a Failure that says in one sentence what is missing and what to do
 */
export const probeDocker = async (options: {
  env: Readonly<Record<string, string | undefined>>;
  making?: boolean;
}): Promise<Result<DockerConnection>> => {
  const { env, making = true } = options;
  const answering = findEngine(env);
  if (!making) return answering;
  const ended = new AbortController();
  const compose = checkCompose(dockerEnvironment(env), ended.signal);
  const found = await answering;
  if (!found.ok) {
    // The answer is not wanted any more; the programs end, too.
    ended.abort();
    return found;
  }
  const version = await compose;
  return version.ok ? found : version;
};

const findEngine = async (env: Readonly<Record<string, string | undefined>>): Promise<Result<DockerConnection>> => {
  const context = await resolveContext(env);
  if (!context.ok) return context;
  const version = await checkEngine(context.value);
  return version.ok ? ok({ ...context.value, version: version.value }) : version;
};

const checkCompose = async (env: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Result<null>> => {
  const fix = `Install the Compose plugin, version ${COMPOSE_MINIMUM.join('.')} or later.`;
  try {
    const { stdout } = await run('docker', ['compose', 'version', '--short'], { env: { ...env }, timeout: COMPOSE_LIMIT_MS, signal });
    return isRecent(stdout)
      ? ok(null)
      : fail('docker-compose-too-old', `Docker Compose ${stdout.trim()} is older than ${COMPOSE_MINIMUM.join('.')}`, { fix });
  } catch (error) {
    return fail('docker-compose-missing', `the docker program has no Compose plugin: ${lastLineOf(error)}`, { fix });
  }
};

/** `v2.24.0`, `2.40.3-3`: whether it is the first one that does, or later. */
const isRecent = (version: string): boolean => {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
  const [wantedMajor, wantedMinor] = COMPOSE_MINIMUM;
  return Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
};

/** The version of the engine that answers, null where it keeps that to itself. */
const checkEngine = async ({ endpoint, name }: DockerConnection): Promise<Result<string | null>> => {
  try {
    const { status, osType, server } = await ping(endpoint);
    if (status !== 200) {
      return fail('docker-not-running', `the Docker engine (${name}) answers ${status} to a ping`, {
        fix: 'Look at its log, or restart it.',
      });
    }
    if (osType === 'windows') {
      return fail('docker-windows-containers', `the Docker engine (${name}) runs Windows containers`, {
        fix: 'Switch Docker Desktop to Linux containers.',
      });
    }
    return ok(/^Docker\/(\S+)/.exec(server)?.[1] ?? null);
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      return fail('docker-no-answer', `the Docker engine (${name}) did not answer a ping within ${ENGINE_LIMIT_MS} ms`, {
        fix: 'It may still be starting: try again, or restart it.',
      });
    }
    return unreachable(name, lastLineOf(error), endpoint);
  }
};

const unreachable = (name: string, text: string, { kind }: DockerEndpoint) => {
  const what = `no Docker engine answers (${name})`;
  // A socket is refused by the file system, a TLS connection by either side's check of the other.
  const isTls = kind === 'tls' && !/ECONNREFUSED|ENOTFOUND|EHOSTUNREACH/.test(text);
  if (!isTls)
    return dockerFailure({
      code: 'docker-not-running',
      what,
      text,
      fix: 'Start Docker, or choose another engine with `docker context use`.',
    });
  return fail('docker-tls-failed', `${what}: ${text}`, {
    fix: 'The certificates of the context or of DOCKER_CERT_PATH and those of the engine must be of one authority, and not expired.',
  });
};

/** Makes one plain request: the API client takes a tenth of a second to load, which nobody without Docker shall pay. */
const ping = async (endpoint: DockerEndpoint): Promise<{ status: number; osType: string; server: string }> => {
  const signal = AbortSignal.timeout(ENGINE_LIMIT_MS);
  const options = await requestOptions(endpoint);
  const { request } = await (endpoint.kind === 'tls' ? import('node:https') : import('node:http'));
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, path: '/_ping', signal, agent: false }, (response) => {
      response.resume();
      const { ostype = '', server = '' } = response.headers;
      response.once('end', () => resolve({ status: response.statusCode ?? 0, osType: String(ostype), server: String(server) }));
      response.once('error', reject);
    });
    sent.once('error', (error) => reject(signal.aborted ? signal.reason : error));
    sent.end();
  });
};

const requestOptions = async (endpoint: DockerEndpoint): Promise<RequestOptions> =>
  endpoint.kind === 'socket'
    ? { socketPath: endpoint.path }
    : { host: endpoint.host, port: endpoint.port, ...clientTlsOptions(await readCertificates(endpoint.certFolder)) };

/** The certificates with which a TLS connection to the engine is made and verified. */
export const readCertificates = async (folder: string) => {
  const read = (file: string) => readFile(join(folder, file));
  const [ca, cert, key] = await Promise.all([read('ca.pem'), read('cert.pem'), read('key.pem')]);
  return { ca, cert, key };
};
