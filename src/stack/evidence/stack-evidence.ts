import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NamedText } from '#engine/engine.ts';
import { mountFolder } from '#engine/files/mounts/mount-table.ts';
import { type StateFolder, stateFolder } from '#engine/state/state-folder.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { CA_BUNDLE } from '../ca-bundle.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** The files of a stack that a bundle of evidence holds. */
export interface StackEvidence {
  /** PEM of the root; null where there is none yet. */
  readonly caPem: string | null;
  /** Each certificate, with the authorities above it. */
  readonly certificates: readonly NamedText[];
  /** As they are, secrets too. */
  readonly configuration: readonly NamedText[];
}

/** Reads them from a state folder; the caller holds its lock. */
export const stackEvidence = async (stateDir: string): Promise<StackEvidence> => {
  const folder = stateFolder(stateDir);
  const [caPem, certificates, own, ...others] = await Promise.all([
    readFile(join(folder.tls, CA), 'utf8').catch(missingIs(null)),
    textsIn(folder.tls, (name) => name.endsWith('.pem') && ![CA, CA_BUNDLE].includes(name)),
    textsIn(folder.config, (name) => /\.(ya?ml|json)$/.test(name)),
    ...PRODUCTS.flatMap((product) => [deliveredOf(product), mountedOf(folder, product)]),
  ]);
  return { caPem, certificates, configuration: [...own, ...others.flat()] };
};

const CA = 'ca.pem';
const PRODUCTS = ['identity', 'kms'] as const;

/** What the package delivers for both engines, over which the rest is laid. */
const deliveredOf = async (product: string): Promise<readonly NamedText[]> => {
  const texts = await textsIn(join(PACKAGE_ROOT, 'deployments', product, 'config'), (name) =>
    [`${product}.yml`, `${product}.container.yml`].includes(name),
  );
  return texts.map(({ name, text }) => ({ name: `${name}.delivered`, text }));
};

/** What containers mount over that. */
const mountedOf = async ({ docker }: StateFolder, product: (typeof PRODUCTS)[number]): Promise<readonly NamedText[]> => {
  const texts = await textsIn(mountFolder(docker, product), (name) => name === 'stack.yml');
  return texts.map(({ name, text }) => ({ name: `${product}.${name}`, text }));
};

const textsIn = async (folder: string, isWanted: (name: string) => boolean): Promise<readonly NamedText[]> => {
  const names = (await readdir(folder).catch(missingIs([]))).filter(isWanted).toSorted();
  return Promise.all(
    names.map(async (name) => ({ name: name.slice(0, name.lastIndexOf('.')), text: await readFile(join(folder, name), 'utf8') })),
  );
};

/** The life of a certificate that signs one bundle; a verifier looks at the time of signing. */
const DAYS = 1;

/**
 * A key for the manifest of one bundle, and its certificate by the authority of the stack, which is for documents alone. The key is
 * written nowhere. Null where the stack has no authority yet.
 */
export const documentSigner = async (stateDir: string): Promise<{ readonly certPem: string; readonly keyPem: string } | null> => {
  const { readAuthority } = await import('#infra/tls/authority/stored-authority.ts');
  const cas = await readAuthority(stateFolder(stateDir).tls);
  if (cas.length === 0) return null;
  const { authorityFromPem } = await import('#infra/tls/authority/create-authority.ts');
  return (await authorityFromPem(cas)).issue({ kind: 'document', commonName: 'passthru evidence', days: DAYS });
};
