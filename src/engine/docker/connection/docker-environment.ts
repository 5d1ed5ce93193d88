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

/** The part of an environment that the docker program gets. */
export const dockerEnvironment = (env: Environment): Readonly<Record<string, string>> =>
  Object.fromEntries(
    PASSED_ON.map((name) => [name, env[name]] as const).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
