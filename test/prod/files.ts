import { randomBytes, randomInt } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { prepareProd } from '#engine/files/prod/prepare-prod.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { ROOT } from '../support/engine.ts';
import { valueOf } from '../support/mounts.ts';

/** Tenants of the test: one shows client certificates, one passwords. */
export const TENANTS = ['acme', 'beta'] as const;
export const CERTIFICATE_NAME = 'acme-service';
export const USERNAME = 'beta-service';
export const PERSON = 'acme-ann';
export const PUBLIC_CLIENT = 'acme-app';
export const SERVICE_CLIENT = 'acme-worker';
export const REDIRECT = 'http://127.0.0.1/callback';

/** Files that an operator makes before the stack is brought up. */
export interface ProdFiles {
  /** PASSTHRU_MOUNTS. */
  readonly mounts: string;
  /** Compose file of the operator's own, laid over the production files. */
  readonly overlay: string;
  readonly ca: string;
  /** Of `CERTIFICATE_NAME`, and of the operator. */
  readonly certificates: Readonly<Record<'caller' | 'operator', { readonly cert: string; readonly key: string }>>;
  /** By user name or client id. */
  readonly passwords: Readonly<Record<string, string>>;
  /** Networks of the balancers: stacks beside each other need networks of their own. */
  readonly edges: Readonly<Record<'kms' | 'identity', string>>;
  /** With which the KMS asks Identity about tokens. */
  readonly kmsClientSecret: string;
}

/** Each replica at a port of its own on this machine, so that it can be asked directly; and the realms. */
const overlayOf = (own: string) => ({
  services: {
    kms: {
      ports: ['127.0.0.1::8081', '127.0.0.1::9081'],
      networks: ['test-network'],
      secrets: [{ source: 'kms-realms', target: 'realms.yml' }],
    },
    identity: { ports: ['127.0.0.1::8082', '127.0.0.1::9082'], networks: ['test-network'] },
  },
  // What is published is on a network that leads out; those of production are internal.
  networks: { 'test-network': {} },
  secrets: { 'kms-realms': { file: join(own, 'realms.yml') } },
  configs: { 'kms-stack': { file: join(own, 'kms-stack.yml') }, 'identity-stack': { file: join(own, 'identity-stack.yml') } },
});

/** Certificates, secrets and realms in a folder. */
export const prodFiles = async (directory: string, ports: { readonly identity: number }): Promise<ProdFiles> => {
  const folder = stateFolder(join(directory, 'state'));
  const mounts = join(directory, 'mounts');
  const own = join(directory, 'own');
  await mkdir(own, { recursive: true, mode: 0o755 });
  const signal = new AbortController().signal;
  const issuer = `https://localhost:${ports.identity}`;
  const options = { target: mounts, authority: folder, packageRoot: ROOT, issuer, hosts: [], renew: false, signal };
  const warn = (text: string): never => {
    throw new Error(`a warning where all is new: ${text}`);
  };
  valueOf(await prepareProd({ ...options, warn }));
  const tls = await prepareTls({
    directory: folder.tls,
    leaves: [{ name: CERTIFICATE_NAME, kind: 'client', commonName: CERTIFICATE_NAME }],
  });
  const pairOf = async (at: string, name: string) => ({
    cert: await readFile(join(at, `${name}.pem`), 'utf8'),
    key: await readFile(join(at, `${name}.key`), 'utf8'),
  });

  const password = randomBytes(18).toString('base64url');
  const { hash } = createPasswords();

  const put = async (file: string, content: unknown): Promise<void> => {
    // JSON is YAML.
    await writeFile(file, JSON.stringify(content, null, 2));
    await chmod(file, 0o444);
  };
  const putStack = async (service: 'kms' | 'identity', settings: object): Promise<void> => {
    const prepared = parse(await readFile(join(mounts, service, 'secrets', 'stack.yml'), 'utf8')) as object;
    // Published, so that a test can ask each replica; as delivered, an admin listener is on the loopback of its container.
    await put(join(own, `${service}-stack.yml`), { ...prepared, admin: { host: '0.0.0.0' }, ...settings });
  };
  const third = randomInt(256);
  const edges = { kms: `10.${randomInt(214, 230)}.${third}.0/24`, identity: `10.${randomInt(230, 246)}.${third}.0/24` };
  await putStack('kms', { realms_file: '/run/secrets/realms.yml', server: { proxy_networks: [edges.kms] } });
  await putStack('identity', { server: { proxy_networks: [edges.identity] } });
  await put(join(own, 'realms.yml'), {
    file: { users: [{ username: USERNAME, password: await hash(password), tenant: TENANTS[1], roles: ['tenant-admin'] }] },
    certificates: { clients: [{ common_name: CERTIFICATE_NAME, tenant: TENANTS[0], roles: ['tenant-admin'] }] },
  });
  const overlay = join(own, 'compose.yml');
  await put(overlay, overlayOf(own));

  return {
    mounts,
    edges,
    overlay,
    ca: await readFile(tls.caFile, 'utf8'),
    certificates: { caller: await pairOf(folder.tls, CERTIFICATE_NAME), operator: await pairOf(join(mounts, 'operator'), 'cli-client') },
    passwords: { [USERNAME]: password },
    kmsClientSecret: (await readFile(join(mounts, 'kms', 'secrets', 'passthru-kms-client-secret'), 'utf8')).trim(),
  };
};
