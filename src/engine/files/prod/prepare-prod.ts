import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { closedToOthers } from '#infra/files/own-folder.ts';
import { closeWhereThere } from '#engine/state/closed-state.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { attempt } from '../../attempt.ts';
import { SERVICES, type ServiceName } from '../../engine.ts';
import { closedFolder } from '../mounts/closed-folder.ts';
import { type MountedFile, mountFolder, MOUNTS } from '../mounts/mount-table.ts';
import { OPERATORS, PUBLIC, putNew, secretAccess, unreadable } from './container-file.ts';
import { leafPair, type LeafPair } from './leaf-pair.ts';
import { type PreparedCertificate, prepareLeaf } from './prepare-leaf.ts';
import { prodLeaf, type PublicNames } from './prod-leaves.ts';
import { preparedIssuer, prodOverlays } from './prod-overlays.ts';
import { missingSecrets } from './prod-secrets.ts';
import { createSigning, type Signing } from './signing.ts';

/** What became of a file. */
export type FileFate = 'made' | 'kept' | 'renewed';

export interface PreparedProd {
  /** By path, relative to the folder, in the order of the parts. */
  readonly files: readonly { readonly file: string; readonly fate: FileFate }[];
  readonly certificates: readonly PreparedCertificate[];
  readonly issuer: string;
  /** PEM file with the root, for callers. */
  readonly caFile: string;
}

export interface ProdOptions {
  /** Absolute folder that the Compose files know as PASSTHRU_MOUNTS. */
  readonly target: string;
  /** Keys of the CAs, and all five unseal shares. */
  readonly authority: StateFolder;
  /** Folder of our package.json. */
  readonly packageRoot: string;
  /** Origin of Identity; needed as long as there is no `stack.yml` that states it. */
  readonly issuer?: string | undefined;
  /** Names of the KMS beside that of its service. */
  readonly hosts: readonly string[];
  /** Whether certificates that end soon, or lack a name, are signed anew. */
  readonly renew: boolean;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * Prepares the folder that the containers of production mount from, and the operator's own certificate. It makes what is missing and
 * overwrites nothing, but for certificates of its own authority when it is to renew them. The caller holds the lock of the folder.
 */
export const prepareProd = (options: ProdOptions): Promise<Result<PreparedProd>> =>
  attempt('prepare-failed', 'preparing certificates, secrets and configuration of production', async () => {
    const { target, authority, packageRoot, hosts, renew, signal, warn, now = Date.now } = options;
    signal.throwIfAborted();
    const folderOf = (product: ServiceName) => mountFolder(target, product);
    for (const product of SERVICES) await closedFolder(target, folderOf(product));
    const operator = join(target, 'operator');
    await closedToOthers(operator);
    for (const folder of [authority.tls, authority.secrets]) await closeWhereThere(folder, { areSecret: true, warn });
    await putNew(join(target, '.gitignore'), '*\n', PUBLIC);
    const issuer = await issuerOf(join(folderOf('identity'), 'stack.yml'), options.issuer);
    const names: PublicNames = { identity: [hostOf(issuer)], kms: hosts };
    const caFiles = [...SERVICES.map((product) => join(folderOf(product), 'ca.pem')), join(operator, 'ca.pem')];
    const clientCaFiles = SERVICES.map((product) => join(folderOf(product), 'client-ca.pem'));
    const [hasClients, hasClientRoot] = [await isAnyThere(clientCertificates(target)), await isAnyThere(clientCaFiles)];
    // An operator may have put there what is his own: the certificates of servers, and their root.
    const wasPrepared = hasClients || hasClientRoot;

    const files: { readonly file: string; readonly fate: FileFate }[] = [];
    const tell = (path: string, fate: FileFate): void => void files.push({ file: relative(target, path), fate });
    const put = async (path: string, text: string, access = PUBLIC): Promise<void> =>
      tell(path, (await putNew(path, text, access)) ? 'made' : 'kept');

    // Secrets come first: while there is no certificate of a client, nothing can have been started with them.
    const secrets = await missingSecrets({ identity: folderOf('identity'), kms: folderOf('kms'), authority, wasPrepared });
    for (const product of ['identity', 'kms'] as const) {
      for (const row of MOUNTS[product].filter(isSecret)) {
        const path = join(folderOf(product), row.name);
        const text = secrets[product].get(row.name);
        if (text === undefined) tell(path, 'kept');
        else await put(path, text, secretAccess(row.readers));
      }
    }
    signal.throwIfAborted();

    // Certificates of clients from before there was a root for them are of the authority of all others.
    const clientRoots = hasClients && !hasClientRoot ? caFiles : clientCaFiles;
    const signing = {
      server: createSigning({ directory: authority.tls, caFiles, now }),
      client: createSigning({ directory: authority.tls, caFiles: clientRoots, now }),
    };
    const certificates: PreparedCertificate[] = [];
    const prepare = async (pair: LeafPair, name: string): Promise<void> => {
      const leaf = prodLeaf(name, names);
      const { fate, ...certificate } = await prepareLeaf({
        pair,
        leaf,
        signing: signing[leaf.kind === 'client' ? 'client' : 'server'],
        renew,
        now: now(),
      });
      for (const path of [pair.cert, pair.key]) tell(path, fate);
      certificates.push({ ...certificate, file: relative(target, certificate.file) });
    };
    for (const product of SERVICES) {
      for (const { name, readers } of MOUNTS[product].filter(isLeafKey)) {
        const leafName = name.slice(0, -'.key'.length);
        await prepare(leafPair(folderOf(product), leafName, secretAccess(readers)), leafName);
        signal.throwIfAborted();
      }
    }
    await prepare(leafPair(operator, 'cli-client', OPERATORS), 'cli-client');

    const overlays = await prodOverlays(packageRoot, issuer);
    for (const product of ['identity', 'kms'] as const) await put(join(folderOf(product), 'stack.yml'), overlays[product]);
    const putRoots = async (paths: readonly string[], { rootPem }: Signing): Promise<void> => {
      for (const path of paths) {
        if (await isThere(path)) tell(path, 'kept');
        else await put(path, await rootPem());
      }
    };
    await putRoots(clientCaFiles, signing.client);
    await putRoots(caFiles, signing.server);
    for (const product of SERVICES) await warnOfUnreadable(folderOf(product), MOUNTS[product], warn);
    return ok({ files, certificates, issuer, caFile: join(operator, 'ca.pem') });
  });

const isAnyThere = async (files: readonly string[]): Promise<boolean> => (await Promise.all(files.map(isThere))).includes(true);

const isThere = async (file: string): Promise<boolean> => (await stat(file).catch(missingIs(null))) !== null;

/** Files of which one is there once a run has made all secrets: they come first. */
const clientCertificates = (target: string): readonly string[] => [
  join(target, 'operator', 'cli-client.pem'),
  ...SERVICES.flatMap((product) =>
    MOUNTS[product].filter(({ name }) => name.endsWith('-client.pem')).map(({ name }) => join(mountFolder(target, product), name)),
  ),
];

const isLeafKey = ({ source, name }: MountedFile): boolean => source === 'tls' && name.endsWith('.key');

const isSecret = ({ source }: MountedFile): boolean => source === 'secrets' || source === 'unseal-share';

/** Without brackets, which belong to an IPv6 address in a URL. */
const hostOf = (origin: string): string => new URL(origin).hostname.replace(/^\[(.*)\]$/, '$1');

/** @throws AppError `issuer-missing`, `issuer-differs`, `stack-file-unreadable` */
const issuerOf = async (file: string, stated: string | undefined): Promise<string> => {
  const there = await preparedIssuer(file);
  if (there !== null && stated !== undefined && stated !== there) {
    throw new AppError('issuer-differs', 409, `${file} states the issuer ${there}, not ${stated}`, {
      fix: `Leave --issuer out to keep it. To change it, edit it there and in the kms/secrets/stack.yml beside it: every client knows Identity by it.`,
    });
  }
  const issuer = stated ?? there;
  if (issuer !== null) return issuer;
  throw new AppError('issuer-missing', 400, 'the issuer is not known yet', {
    fix: 'State the address at which browsers reach Identity, for example --issuer https://id.example.org:8082',
  });
};

const warnOfUnreadable = async (folder: string, rows: readonly MountedFile[], warn: (text: string) => void): Promise<void> => {
  for (const { name, source, readers } of rows) {
    if (source === 'tenants') continue;
    const why = await unreadable(join(folder, name), readers);
    if (why !== null) warn(`${join(folder, name)}: ${why}`);
  }
};
