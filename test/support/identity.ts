import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Agent, buildConnector, fetch as undiciFetch } from 'undici';
import { stringify } from 'yaml';
import { listen } from '#infra/http/server/listen.ts';
import { writeSecret } from '#infra/files/secret-file.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { TlsStore } from '#infra/tls/authority/store.ts';
import type { IdentityConfig } from '#identity/config.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import type { Identity } from '#identity/server.ts';
import { buildIdentity } from '#identity/server.ts';
import { memoryFolder } from './memory-folder.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { testTls } from './tls.ts';

const DEPLOYMENT = join(import.meta.dirname, '../../deployments/identity/config/identity.yml');

/** The issuer that the tokens name; the server listens on a port that the system chose, and the client of the test dials that one. */
export const ISSUER = 'https://localhost:8082';
export const KMS_CLIENT_SECRET = randomBytes(32).toString('base64url');

export interface TestIdentity extends AsyncDisposable {
  readonly identity: Identity;
  readonly config: IdentityConfig;
  readonly configFiles: readonly string[];
  readonly directory: string;
  readonly tls: TlsStore;
  readonly port: number;
  readonly adminPort: number;
  readonly feedPort: number;
  /** Speaks to the server under the issuer's name, over TLS that trusts only the test's CA. */
  readonly fetch: typeof fetch;
  /** The same with a client certificate, that of `tls.leaf('client')`. */
  readonly certifiedFetch: typeof fetch;
  /** Speaks to the admin listener with a client certificate, or without. */
  admin(
    path: string,
    request?: {
      readonly method?: string;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly certificate?: boolean;
    },
  ): Promise<Response>;
}

/** Sections of a configuration, by name. */
type Overlay = Readonly<Record<string, object>>;

/** Files of TLS that are not stated are those of the server. */
const feedOf = (tls: object, overlay: { readonly tls?: object } = {}): object => ({ ...overlay, tls: { ...tls, ...overlay.tls } });

/** Where certificates are asked for, a service that proves itself by that of the test. */
export const CERTIFIED_CLIENT = 'kms-by-certificate';
const serviceByCertificate = (commonName: string, { server = {} }: Overlay): readonly object[] =>
  Reflect.get(server, 'client_certificates') === 'request'
    ? [{ client_id: CERTIFIED_CLIENT, certificate_common_name: commonName, may_introspect: ['urn:passthru:kms'] }]
    : [];

/** The configuration of a whole Identity in a folder: certificates, secrets, overlay. */
export const identityFiles = async (directory: string, overlay: Overlay = {}, issuer = ISSUER) => {
  const tls = await testTls(join(directory, 'tls'));
  const server = { port: 0, tls: tls.leaf('server') };
  await writeSecret(join(directory, 'cookie-keys'), `${randomBytes(32).toString('base64url')}\n`);
  await writeSecret(join(directory, 'kms-secret'), KMS_CLIENT_SECRET);
  const file = join(directory, 'overlay.yml');
  await writeFile(
    file,
    stringify({
      issuer,
      database: { kind: 'sqlite', directory: join(directory, 'data') },
      secrets: { cookie_keys_file: join(directory, 'cookie-keys') },
      service_clients: [
        { client_id: 'passthru-kms', secret_file: join(directory, 'kms-secret'), may_introspect: ['urn:passthru:kms'] },
        ...serviceByCertificate(tls.clientName, overlay),
      ],
      ...overlay,
      server: { ...server, ...overlay.server },
      admin: { ...server, allowed_clients: [tls.clientName], ...overlay.admin },
      feed: { ...server, clients: [{ common_name: 'passthru-kms', audiences: ['urn:passthru:kms'] }], ...feedOf(server.tls, overlay.feed) },
    }),
  );
  return { tls, issuer, configFiles: [DEPLOYMENT, file] as const };
};

const dialing = (port: number, tls: { readonly ca: string; readonly cert?: string; readonly key?: string }): Agent => {
  const connect = buildConnector({ ...tls, minVersion: 'TLSv1.3' });
  return new Agent({
    connect: (options, callback) => connect({ ...options, hostname: '127.0.0.1', servername: 'localhost', port: String(port) }, callback),
  });
};

const through = (dispatcher: Agent): typeof fetch =>
  ((input: string | URL, init?: RequestInit) => undiciFetch(input, { ...init, dispatcher } as never)) as typeof fetch;

/** Speaks to an Identity on a port of this machine under the issuer's name; dispose it. */
export const fetchAt = (port: number, ca: string): AsyncDisposable & { readonly fetch: typeof fetch } => {
  const agent = dialing(port, { ca });
  return { fetch: through(agent), [Symbol.asyncDispose]: () => agent.destroy() };
};

/** A whole Identity on SQLite, seeded with the demo unless that is switched off, listening. */
export const startTestIdentity = async (
  options: {
    readonly telemetry?: Telemetry;
    readonly overlay?: Overlay;
    readonly now?: () => number;
    readonly demo?: boolean;
    readonly issuer?: string;
    readonly newPasswords?: () => Passwords;
  } = {},
): Promise<TestIdentity> => {
  await using opened = new AsyncDisposableStack();
  const directory = opened.use(await temporaryDirectory(memoryFolder())).path;
  const { tls, configFiles } = await identityFiles(directory, options.overlay, options.issuer);
  const config = await loadIdentityConfig(configFiles);
  const identity = opened.use(
    await buildIdentity({
      config,
      telemetry: options.telemetry ?? noTelemetry(),
      demo: options.demo ?? true,
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.newPasswords === undefined ? {} : { newPasswords: options.newPasswords }),
    }),
  );
  await identity.demo?.seed();
  const { port } = await listen(identity.app, config.server);
  const { port: adminPort } = await listen(identity.admin, config.admin);
  if (identity.feed === null || config.feed === undefined) throw new Error('the configuration of the test has a feed');
  const { port: feedPort } = await listen(identity.feed, config.feed);

  const files = tls.leaf('client');
  const ca = readFileSync(tls.caFile, 'utf8');
  const agent = opened.adopt(dialing(port, { ca }), (value) => value.destroy());
  const certified = { ca, cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
  const adminAgent = opened.adopt(dialing(adminPort, certified), (value) => value.destroy());
  const certifiedAgent = opened.adopt(dialing(port, certified), (value) => value.destroy());
  const strangerAgent = opened.adopt(dialing(adminPort, { ca }), (value) => value.destroy());

  const resources = opened.move();
  return {
    identity,
    config,
    configFiles,
    directory,
    tls,
    port,
    adminPort,
    feedPort,
    fetch: through(agent),
    certifiedFetch: through(certifiedAgent),
    admin: (path, { method = 'GET', body, headers = {}, certificate = true } = {}) =>
      through(certificate ? adminAgent : strangerAgent)(`https://localhost${path}`, {
        method,
        ...(body === undefined ? { headers } : { body: JSON.stringify(body), headers: { ...headers, 'content-type': 'application/json' } }),
      }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

/** A name that no other test uses. */
export const unique = (kind: string): string => `${kind}-${randomUUIDv7()}`;
