import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unreachable } from '#infra/apperr/app-error.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import { DATABASES, SERVICES, type ServiceName } from '../../engine.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { tenantsText } from '../demo-tenants.ts';
import { SHARE_COPIES } from '../unseal-share-files.ts';
import type { MountedFile, Mounts, Reader } from './mount-table.ts';
import type { StackOverlays } from './stack-overlays.ts';

/** Texts of one product's files, by name. */
export type Texts = ReadonlyMap<string, string>;

/**
 * The text of every file, computed before anything is written.
 *
 * @param options.shares texts of the KMS's share files
 * @throws the file system's error
 */
export const mountTexts = async (options: {
  mounts: Mounts;
  folder: StateFolder;
  shares: readonly string[];
  overlays: StackOverlays;
  tenants: DemoTenants;
}): Promise<Readonly<Record<ServiceName, Texts>>> => {
  const { mounts, folder, shares, overlays, tenants } = options;
  const textOf = async ({ source, name }: MountedFile<Reader>): Promise<string> => {
    switch (source) {
      case 'tls':
        return readFile(join(folder.tls, name), 'utf8');
      case 'client-ca':
        return readFile(join(folder.tls, 'ca.pem'), 'utf8');
      case 'secrets':
        return readGuarded(join(folder.secrets, name), { purpose: 'a secret' });
      case 'unseal-share':
        return shares[SHARE_COPIES.indexOf(name)] ?? '';
      case 'identity-stack':
        return overlays.identity;
      case 'kms-stack':
        return overlays.kms;
      case 'partner-stack':
        return overlays.partner;
      case 'tenants':
        return tenantsText(tenants);
      default:
        return unreachable(source);
    }
  };
  const textsOf = async (product: ServiceName): Promise<Texts> =>
    new Map(await Promise.all(mounts[product].map(async (file) => [file.name, await textOf(file)] as const)));
  const [telemetry, identity, kms] = await Promise.all([textsOf('telemetry'), textsOf('identity'), textsOf('kms')]);
  return { telemetry, identity, kms };
};

/** A hash for each part, of the files that its containers read at their start. */
export const mountHashes = (mounts: Mounts, texts: Readonly<Record<ServiceName, Texts>>): Readonly<Record<Reader, string>> => {
  const hashOf = (part: Reader): string => {
    const hash = createHash('sha256');
    for (const product of SERVICES) {
      for (const { name, readers } of mounts[product]) {
        if (readers.includes(part)) hash.update(JSON.stringify([product, name, texts[product].get(name)]));
      }
    }
    return hash.digest('base64url');
  };
  return Object.fromEntries([...SERVICES, ...DATABASES, 'partner' as const].map((part) => [part, hashOf(part)])) as Record<Reader, string>;
};
