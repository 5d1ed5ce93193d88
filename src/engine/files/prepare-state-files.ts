import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import { ensureSecret } from '#infra/files/secret-file.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import type { PreparedTls } from '../engine.ts';
import { makeStateFolder, type StateFolder } from '#engine/state/state-folder.ts';
import { demoTenants } from './demo-tenants.ts';
import { leavesWith, permittedWith } from './leaves.ts';
import { randomSecret } from './random-secret.ts';
import { stateFiles } from './state-files.ts';
import { prepareUnsealShares } from './unseal-share-files.ts';

export interface PreparedStateFiles {
  readonly tls: PreparedTls;
  /** The files of one certificate of LEAVES. */
  leaf(name: string): TlsFiles;
  /** The three with which the KMS unseals itself. */
  readonly shareFiles: readonly string[];
  readonly tenants: DemoTenants;
}

/**
 * Prepares what every engine needs in the state folder: certificates, unseal shares, cookie keys, secrets of service clients, ids of
 * the demo tenants. It makes what is missing, mends what is damaged and keeps what is good. The caller holds the lock of the folder.
 *
 * @param options.clientIds service clients of Identity
 * @param options.hosts further names and addresses of the public servers
 * @param options.copies folders with copies of the unseal shares
 * @param options.hasData whether anything may be sealed under unseal shares that are no longer there
 * @throws AppError `unseal-shares-lost`, `secret-unreadable`, or as `makeStateFolder`; the file system's error
 */
export const prepareStateFiles = async (options: {
  folder: StateFolder;
  clientIds: readonly string[];
  hosts: readonly string[];
  copies: readonly string[];
  hasData: () => Promise<boolean>;
  warn: (text: string) => void;
  now?: (() => number) | undefined;
}): Promise<PreparedStateFiles> => {
  const { folder, clientIds, hosts, copies, hasData, warn, now = Date.now } = options;
  const files = stateFiles(folder);
  await makeStateFolder(folder, warn);
  const [store, shareFiles, tenants] = await Promise.all([
    prepareTls({ directory: folder.tls, leaves: leavesWith(hosts), permitted: permittedWith(hosts), now }),
    prepareUnsealShares({ folder, copies, hasData }),
    demoTenants(files.tenants, { warn }),
    ensureSecret(files.cookieKeys, randomSecret, 'the keys that sign cookies'),
    ensureSecret(files.partner.cookieKeys, randomSecret, 'the keys that sign cookies of the second Identity'),
    ensureSecret(files.partner.clientSecret, randomSecret, 'the secret of the KMS at the second Identity'),
    ensureSecret(files.partner.signingKeyEncryption, randomSecret, 'the key under which signing keys of the second Identity lie'),
    ...clientIds.map((id) => ensureSecret(files.clientSecret(id), randomSecret, 'the secret of a service client')),
  ]);
  const { chain, leaves, keyType, created, replaced } = store;
  if (replaced !== null) {
    warn(`the CA was made anew, because ${replaced}: whoever trusted the old one needs the new one, which \`passthru trust\` tells`);
  }
  return { tls: { chain, leaves, keyType, created }, leaf: store.leaf, shareFiles, tenants };
};
