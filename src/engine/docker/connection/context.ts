import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '#infra/apperr/system-error.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { homeFolder } from '#infra/process/home-folder.ts';
import type { DockerConnection } from './docker-connection.ts';
import { dockerEnvironment, type Environment } from './docker-environment.ts';
import { lastLineOf } from './failures.ts';

const run = promisify(execFile);
/** `docker context inspect` reads files only; milliseconds. */
const INSPECT_LIMIT_MS = 5_000;

/**
 * The engine that the docker program would speak to: DOCKER_HOST, else DOCKER_CONTEXT, else the current context.
 *
 * @returns Failure `docker-cli-missing`, `docker-context-broken`, or one that says why such an endpoint does not do
 */
export const resolveContext = async (env: Environment): Promise<Result<DockerConnection>> => {
  const passedOn = dockerEnvironment(env);
  const host = env['DOCKER_HOST'];
  if (host !== undefined && host !== '') {
    const tls = env['DOCKER_TLS_VERIFY'] !== undefined && env['DOCKER_TLS_VERIFY'] !== '';
    return connectionTo({ host, certFolder: tls ? certificatesOf(env) : null, from: 'DOCKER_HOST', env: passedOn });
  }
  const context = env['DOCKER_CONTEXT'];
  const asked = { ...passedOn, ...(context === undefined ? {} : { DOCKER_CONTEXT: context }) };
  try {
    const { stdout } = await run('docker', ['context', 'inspect'], { env: asked, timeout: INSPECT_LIMIT_MS });
    const [inspected] = JSON.parse(stdout) as readonly InspectedContext[];
    const endpoint = inspected?.Endpoints?.docker;
    if (inspected === undefined || endpoint?.Host === undefined) return broken('it names no Docker endpoint');
    const hasTls = (inspected.TLSMaterial?.docker ?? []).length > 0;
    const certFolder = hasTls ? join(inspected.Storage.TLSPath, 'docker') : null;
    return await connectionTo({ host: endpoint.Host, certFolder, from: `${inspected.Name} context`, env: passedOn });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return fail('docker-cli-missing', 'no `docker` program is on the PATH', { fix: 'Install Docker with its Compose plugin.' });
    }
    return broken(lastLineOf(error));
  }
};

/** Where the docker program looks for the certificates of an engine; null: nobody names a folder, and the user has no home. */
const certificatesOf = (env: Environment): string | null => {
  const home = homeFolder();
  return env['DOCKER_CERT_PATH'] ?? env['DOCKER_CONFIG'] ?? (home === null ? null : join(home, '.docker'));
};

interface InspectedContext {
  readonly Name: string;
  readonly Endpoints?: { readonly docker?: { readonly Host?: string } };
  readonly TLSMaterial?: { readonly docker?: readonly string[] };
  readonly Storage: { readonly TLSPath: string };
}

const broken = (why: string) =>
  fail('docker-context-broken', `the Docker context cannot be read: ${why}`, {
    fix: 'Look at `docker context ls`, and choose one with `docker context use`.',
  });

const connectionTo = async (options: {
  host: string;
  certFolder: string | null;
  from: string;
  env: Readonly<Record<string, string>>;
}): Promise<Result<DockerConnection>> => {
  const { host, certFolder, from, env } = options;
  const name = `${from}, ${host}`;
  const [, scheme = 'tcp', rest = host] = /^([a-z]+):\/\/(.*)$/.exec(host) ?? [];
  if (scheme === 'unix' || scheme === 'npipe') {
    // Docker writes a pipe as `npipe:////./pipe/docker_engine`: the path of the pipe follows the scheme.
    return ok({ name, version: null, endpoint: { kind: 'socket', path: rest }, env: { ...env, DOCKER_HOST: host } });
  }
  if (scheme === 'ssh') {
    return fail(
      'docker-ssh',
      `the Docker engine of ${name} is reached by ssh, so it is another machine: it cannot mount the secrets of this one`,
      {
        fix: 'Choose an engine of this machine with `docker context use default`.',
      },
    );
  }
  const url = URL.parse(`tcp://${rest}`);
  if (scheme !== 'tcp' || url === null || url.hostname === '') return broken(`${name} is no address of an engine`);
  if (!isThisMachine(url.hostname)) {
    return fail('docker-remote', `the Docker engine of ${name} is another machine: it cannot mount the secrets of this one`, {
      fix: 'Choose an engine of this machine with `docker context use default`.',
    });
  }
  if (certFolder === null) {
    return fail('docker-without-tls', `the Docker engine of ${name} would be reached without TLS`, {
      fix: 'Use its Unix socket, or set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem.',
    });
  }
  const missing = await firstMissing(['ca.pem', 'cert.pem', 'key.pem'].map((file) => join(certFolder, file)));
  if (missing !== null) {
    return fail('docker-certificates-missing', `${name} asks for TLS, and ${missing} cannot be read`, {
      fix: 'Put the certificates of the engine there, or choose another context with `docker context use`.',
    });
  }
  const endpoint = { kind: 'tls', host: url.hostname, port: Number(url.port || 2376), certFolder } as const;
  return ok({ name, version: null, endpoint, env: { ...env, DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certFolder } });
};

/** Secrets are mounted from this machine's files, and the ports are published on its loopback address. */
const isThisMachine = (hostname: string): boolean => {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
};

const firstMissing = async (files: readonly string[]): Promise<string | null> => {
  const readable = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.find((_, i) => readable[i] === false) ?? null;
};
