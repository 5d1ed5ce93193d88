import { join } from 'node:path';
import { ok, type Result } from '#infra/apperr/result.ts';
import { KMS_CLIENT_ID } from '#infra/magic/magic.ts';
import { ensureSecret } from '#infra/files/secret-file.ts';
import { attempt } from '../../attempt.ts';
import { DATABASES, type PreparedTls, SERVICES, type ServiceName } from '../../engine.ts';
import type { Ports } from '../../ports.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { type PreparedStateFiles, prepareStateFiles } from '../prepare-state-files.ts';
import { randomSecret } from '../random-secret.ts';
import { SIGNING_KEY_ENCRYPTION, stateFiles } from '../state-files.ts';
import { hasFiles } from '../unseal-share-files.ts';
import { type ClosedFolder, closedFolder } from './closed-folder.ts';
import { DEMO_MOUNTS, type MountedFile, mountFolder, MOUNTS, type Reader } from './mount-table.ts';
import { mountHashes, mountTexts, type Texts } from './mount-texts.ts';
import { prepareSigningKeyEncryption, shareTexts, writeSealing } from './sealing-secrets.ts';
import { stackOverlays } from './stack-overlays.ts';

export interface PreparedMounts {
  readonly tls: PreparedTls;
  /** Of every generated file that a part's containers read at their start; with another hash they must be made anew. */
  readonly hashes: Readonly<Record<Reader, string>>;
  /** The folders that Compose mounts from, by product. */
  readonly folders: Readonly<Record<ServiceName, string>>;
}

export interface MountOptions {
  readonly folder: StateFolder;
  /** Absolute folder; everything goes to `<target>/<product>/secrets`. */
  readonly target: string;
  /** Folder of our package.json. */
  readonly packageRoot: string;
  readonly ports: Pick<Ports, 'identity' | 'kms' | 'partner'>;
  /** Whether the KMS of these containers knows the second Identity of a demo. */
  readonly partner: boolean;
  /** Further names and addresses of the public servers. */
  readonly hosts?: readonly string[];
  /** Whether containers may have data that is sealed under unseal shares which are no longer there. */
  readonly hasData: () => Promise<boolean>;
  readonly signal: AbortSignal;
  /** Called with damage that was found and repaired, and with what was removed. */
  readonly warn: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * Prepares the files that containers mount: the originals in the state folder, and their copies in the target. It makes what is
 * missing, mends what is damaged and keeps what is good. The caller holds the lock of the state folder.
 *
 * A bind mount of a single file keeps the very file that it found, also when another takes its name: what changes a file that is
 * read at the start must change the hash, so that the container is made anew.
 */
export const prepareMounts = (options: MountOptions): Promise<Result<PreparedMounts>> =>
  attempt('prepare-failed', 'preparing certificates, secrets and configuration for containers', async () => {
    const { folder, target, packageRoot, ports, partner, signal, warn } = options;
    const mounts = partner ? DEMO_MOUNTS : MOUNTS;
    signal.throwIfAborted();
    const overlays = await stackOverlays({ packageRoot, ports, partner });
    // This comes before anything in them is believed or written.
    const folders = await closedFolders(target);
    const originals = await prepareOriginals(options);
    const shares = await shareTexts(folders.kms.path, originals.shareFiles);
    const texts = await mountTexts({ mounts, folder, shares, overlays, tenants: originals.tenants });
    signal.throwIfAborted();
    await Promise.all(SERVICES.map((product) => fill(folders[product], mounts[product], texts[product], warn)));
    const { telemetry, identity, kms } = folders;
    return ok({
      tls: originals.tls,
      hashes: mountHashes(mounts, texts),
      folders: { telemetry: telemetry.path, identity: identity.path, kms: kms.path },
    });
  });

const closedFolders = async (target: string): Promise<Readonly<Record<ServiceName, ClosedFolder>>> => {
  const open = (product: ServiceName) => closedFolder(target, mountFolder(target, product));
  const [telemetry, identity, kms] = await Promise.all([open('telemetry'), open('identity'), open('kms')]);
  return { telemetry, identity, kms };
};

/** Prepares everything that the copies are made of, in the state folder. */
const prepareOriginals = async ({ folder, target, hosts = [], hasData, warn, now }: MountOptions): Promise<PreparedStateFiles> => {
  const files = stateFiles(folder);
  const copiesOf = (product: ServiceName) => [...new Set([mountFolder(folder.docker, product), mountFolder(target, product)])];
  const originals = await prepareStateFiles({
    folder,
    clientIds: [KMS_CLIENT_ID],
    hosts,
    copies: copiesOf('kms'),
    hasData: async () => (await hasFiles(join(folder.data, 'kms'))) || hasData(),
    warn,
    now,
  });
  await Promise.all([
    prepareSigningKeyEncryption({
      file: files.signingKeyEncryption,
      copies: copiesOf('identity').map((copy) => join(copy, SIGNING_KEY_ENCRYPTION)),
      target: join(mountFolder(target, 'identity'), SIGNING_KEY_ENCRYPTION),
    }),
    ...DATABASES.map((database) => ensureSecret(files.databasePassword(database), randomSecret, 'the password of a database superuser')),
  ]);
  return originals;
};

const fill = async (
  folder: ClosedFolder,
  files: readonly MountedFile<Reader>[],
  texts: Texts,
  warn: (text: string) => void,
): Promise<void> => {
  await Promise.all(
    files.map(({ name, source }) => {
      const seals = source === 'unseal-share' || name === SIGNING_KEY_ENCRYPTION;
      const text = texts.get(name) ?? '';
      return seals ? writeSealing(folder, name, text) : folder.write(name, text);
    }),
  );
  for (const name of await folder.keepOnly([...texts.keys()])) {
    // A file that an interrupted run was about to write is not worth a word.
    if (!name.endsWith('.tmp')) warn(`removed ${join(folder.path, name)}, which does not belong there`);
  }
};
