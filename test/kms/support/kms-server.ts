import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { writeFile } from 'node:fs/promises';
import { checkConfig } from '#infra/config/check-config.ts';
import type { HttpsClient, HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { listen } from '#infra/http/server/listen.ts';
import type { Databases } from '#infra/database/databases.ts';
import { writeSecret } from '#infra/files/secret-file.ts';
import { makeShares } from '#infra/secrets/unseal-shares.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { readFile } from 'node:fs/promises';
import { type KmsConfig, kmsConfigSchema } from '#kms/config.ts';
import { startDemo } from '#infra/demo-data/start-demo.ts';
import type { RevocationMode } from '#kms/access/revocation-modes.ts';
import { buildKms, type Kms } from '#kms/server.ts';
import { type FakeIssuer, fakeIssuer } from './fake-issuer.ts';
import { memoryFolder } from '#test/support/memory-folder.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

export const KMS_CONFIG_FOLDER = fileURLToPath(new URL('../../../deployments/kms/config/', import.meta.url));

export interface KmsHouse extends AsyncDisposable {
  readonly folder: string;
  readonly issuer: FakeIssuer;
  readonly config: KmsConfig;
  /** PEM of the root. */
  readonly ca: string;
  /** The files of a leaf under the root: `identity`, a server, or a client. */
  leaf(name: string): TlsFiles;
  /** A client that trusts the root, with the client certificate of this common name or none. */
  client(leaf?: string): Promise<HttpsClient>;
}

export interface HouseOptions {
  /** Content of realms.yml; the demo's where absent. */
  readonly realms?: Record<string, unknown>;
  /** Client leaves besides `passthru-cli`: common name → URI SANs. */
  readonly clients?: Readonly<Record<string, readonly string[]>>;
  readonly revocation?: RevocationMode;
  readonly tenants?: '*' | readonly string[];
  /** Changes the configuration, defaults filled in, before it is used. */
  readonly change?: (config: KmsConfig) => void;
}

/** Everything that a KMS needs around it: certificates, shares, secrets, an issuer that answers, a configuration. */
export const kmsHouse = async (options: HouseOptions = {}): Promise<KmsHouse> => {
  const opened = new AsyncDisposableStack();
  const { path: folder } = opened.use(await temporaryDirectory(memoryFolder()));
  const clients = { 'passthru-cli': [], 'passthru-kms': [], ...options.clients };
  const store = await prepareTls({
    directory: join(folder, 'tls'),
    leaves: [
      { name: 'kms', kind: 'server', commonName: 'kms', names: ['localhost', '127.0.0.1'] },
      { name: 'identity', kind: 'server', commonName: 'identity', names: ['localhost', '127.0.0.1'] },
      ...Object.entries(clients).map(([name, uriSans]) => ({ name, kind: 'client' as const, commonName: name, uriSans })),
    ],
  });
  await mkdir(join(folder, 'secrets'));
  const shares = await makeShares({ threshold: 2, shares: 3 });
  const shareFiles = shares.slice(0, 2).map((_, index) => join(folder, 'secrets', `share-${index}`));
  await Promise.all(shareFiles.map((file, index) => writeSecret(file, shares[index] ?? '')));
  const secretFile = join(folder, 'secrets', 'client-secret');
  await writeSecret(secretFile, 'client:secret/with+odd characters');
  const realmsFile = join(folder, 'realms.yml');
  await writeFile(
    realmsFile,
    options.realms === undefined ? await readFile(join(KMS_CONFIG_FOLDER, 'realms.demo.yml')) : stringify(options.realms),
  );
  const issuer = opened.use(await fakeIssuer(store.leaf('identity')));

  const raw = {
    server: { port: 0, tls: store.leaf('kms'), swagger: true },
    admin: { port: 0, tls: store.leaf('kms') },
    database: { kind: 'sqlite', directory: join(folder, 'data') },
    unseal: { share_files: shareFiles, threshold: 2 },
    realms_file: realmsFile,
    tenants: { administrators: ['demo'] },
    identity: {
      tls: store.leaf('passthru-kms'),
      issuers: [
        {
          issuer: issuer.issuer,
          jwks_uri: issuer.jwksUri,
          ca: store.caFile,
          tenants: options.tenants ?? '*',
          revocation: {
            mode: options.revocation ?? 'sensitive-only',
            introspection_endpoint: issuer.introspectionEndpoint,
            client_secret_file: secretFile,
          },
        },
      ],
    },
    demo: { seed_file: join(KMS_CONFIG_FOLDER, 'demo-seed.yml') },
  };
  const config = checkConfig(kmsConfigSchema, raw, 'test configuration');
  options.change?.(config);
  const ca = await readFile(store.caFile, 'utf8');
  return {
    folder,
    issuer,
    config,
    ca,
    leaf: (name) => store.leaf(name),
    client: async (leaf) => {
      if (leaf === undefined) return opened.use(createHttpsClient({ ca }));
      const files = store.leaf(leaf);
      const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key, 'utf8')]);
      return opened.use(createHttpsClient({ ca, cert, key }));
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
};

type Send = (path: string, request?: Omit<HttpsRequest, 'url'>) => Promise<HttpsResponse>;

/** A KMS that listens, with demo data. */
export interface RunningKms extends AsyncDisposable {
  readonly kms: Kms;
  readonly url: string;
  readonly adminUrl: string;
  /** Without a client certificate. */
  readonly send: Send;
  /** With the operator's client certificate, to the admin listener. */
  readonly sendAdmin: Send;
  readonly tenants: () => Promise<Readonly<Record<string, string>>>;
}

export const runKms = async (
  house: KmsHouse,
  options: {
    readonly demo?: boolean;
    readonly telemetry?: Telemetry;
    /** Ids of the demo's tenants by name; new ones where absent. */
    readonly tenants?: Readonly<Record<string, string>>;
    /** Opened before, and closed with the KMS; its own where absent. */
    readonly databases?: Databases;
    readonly now?: () => number;
    readonly elapsed?: () => number;
  } = {},
): Promise<RunningKms> => {
  const { demo = true, telemetry = noTelemetry(), tenants: given = {}, databases, now, elapsed } = options;
  const kms = await buildKms({
    config: house.config,
    telemetry,
    demo,
    ...(databases === undefined ? {} : { databases }),
    ...(now === undefined ? {} : { now }),
    ...(elapsed === undefined ? {} : { elapsed }),
  });
  if (kms.demo !== null) await startDemo({ demo: kms.demo, reset: false, given, emit: () => {} });
  const [app, admin] = await Promise.all([kms.app, kms.admin].map((each) => listen(each, { host: '127.0.0.1', port: 0 })));
  const [url, adminUrl] = [`https://localhost:${app?.port}`, `https://localhost:${admin?.port}`];
  const [plain, operator] = await Promise.all([house.client(), house.client('passthru-cli')]);
  return {
    kms,
    url,
    adminUrl,
    send: (path, request = {}) => plain.request({ ...request, url: `${url}${path}` }),
    sendAdmin: (path, request = {}) => operator.request({ ...request, url: `${adminUrl}${path}` }),
    tenants: async () => (await kms.demo?.state())?.tenants ?? {},
    [Symbol.asyncDispose]: () => kms[Symbol.asyncDispose](),
  };
};

export const basic = (username: string, password: string): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
});

export const bearer = (token: string): { readonly authorization: string } => ({ authorization: `Bearer ${token}` });
