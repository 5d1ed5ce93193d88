import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * All that the docker program may know of our environment. It looks up credentials for pulls below its own folder, and asks
 * registries for tokens by itself, through a proxy and with certificates that its environment names.
 */
const PASSED_ON = [
  'PATH',
  'HOME',
  'DOCKER_CONFIG',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'SystemRoot',
  'ProgramFiles',
  'TEMP',
  'TMPDIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/**
 * The part of an environment that the docker program gets. Builds need the CA and the settings with which npm runs here, as build
 * secrets.
 */
export const dockerEnvironment = (env: Environment): Readonly<Record<string, string>> => {
  const found = PASSED_ON.map((name) => [name, env[name]] as const);
  const builds = [
    ['PASSTHRU_BUILD_CA', readable(env['PASSTHRU_BUILD_CA'] ?? env['NODE_EXTRA_CA_CERTS'])],
    ['PASSTHRU_BUILD_NPMRC', readable(env['PASSTHRU_BUILD_NPMRC'] ?? env['npm_config_userconfig'])],
  ] as const;
  return Object.fromEntries([...found, ...builds].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
};

const readable = (file: string | undefined): string | undefined => (file !== undefined && existsSync(file) ? resolve(file) : undefined);
