import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import { checkLeaf } from './certificate-checks.ts';
import type { Authority, LeafOptions } from './authority.ts';
import type { TlsFiles } from '../config.ts';
import { isPermitted, type PermittedNames } from './constraints/permitted-names.ts';
import type { CertificateKeyType } from './key-types.ts';
import { ensureTrustStore, pkcs12Files, trustStoreFiles, writeKeyStore } from './pkcs12/stored-pkcs12.ts';
import { openAuthority } from './stored-authority.ts';

/** CAs from the root to the one that issues. */
export const CHAIN_LENGTH = 3;
export const KEY_TYPE: CertificateKeyType = 'P-256';

/** A certificate of the store; `name` is the base name of its files. */
export interface LeafRequest extends LeafOptions {
  /** Lower-case letters, digits and hyphens. */
  readonly name: string;
}

export interface TlsStoreOptions {
  readonly directory: string;
  readonly leaves: readonly LeafRequest[];
  /** CAs from the root to the one that issues; default `CHAIN_LENGTH`. */
  readonly length?: number;
  readonly keyType?: CertificateKeyType;
  /** Names and ranges of addresses that a new authority permits, those of all leaves among them; everything where absent. */
  readonly permitted?: PermittedNames;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

export interface TlsStore {
  /** PEM file with the root alone. */
  readonly caFile: string;
  /** The files of one leaf; TypeError for a name that was not asked for. */
  leaf(name: string): TlsFiles;
  /** Names of the CAs from the root down. */
  readonly chain: readonly string[];
  readonly leaves: number;
  readonly keyType: CertificateKeyType;
  /** Whether anything was made or made again. */
  readonly created: boolean;
  /** Why the authority that was there gave way to a new one, one clause; null when none did. */
  readonly replaced: string | null;
}

/**
 * Makes the certificates of a directory: `ca.pem`, `<name>.pem`, `<name>.key`, and `ca/` with the CA keys, all keys of mode 0600. A
 * PKCS#12 file that is there (`pkcs12/`) is made again with its certificate.
 * Keeps what is valid; makes again what is missing, damaged, signed by another CA, valid for other names, or about to expire.
 * Every file is replaced as a whole; a crash in between leaves what the next call mends. The caller holds a lock.
 *
 * @throws TypeError for a name that cannot be had; the file system's error
 */
export const prepareTls = async (options: TlsStoreOptions): Promise<TlsStore> => {
  const { directory, leaves, length = CHAIN_LENGTH, keyType = KEY_TYPE, permitted, now = Date.now } = options;
  for (const { name } of leaves) if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw new TypeError(`${name} is no name for a certificate file`);
  const names = leaves.flatMap((leaf) => leaf.names ?? []);
  const foreign = names.find((name) => permitted !== undefined && !isPermitted(name, permitted));
  if (foreign !== undefined) throw new TypeError(`${foreign} is not among the permitted names`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { cas, caFile, isNew, replaced, signer } = await openAuthority({ directory, length, keyType, permitted, names, now });
  const rootPem = cas[0]?.certPem ?? '';
  if ((await readOrNull(trustStoreFiles(caFile).file)) !== null) await ensureTrustStore(caFile);
  const filesOf = (name: string): TlsFiles => ({ ca: caFile, cert: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) });
  const made = await Promise.all(
    leaves.map(async (leaf) => {
      const files = filesOf(leaf.name);
      const [certPem, keyPem] = [
        (await readOrNull(files.cert)) ?? '',
        await readGuarded(files.key, { purpose: 'a private key' }).catch(missingIs('')),
      ];
      const isGood = checkLeaf({ certPem, keyPem }, { ...leaf, cas, keyType, now: now() }) === null;
      if (!isGood) await issue(await signer(), leaf, { files, rootPem });
      return !isGood;
    }),
  );
  const known = new Set(leaves.map((leaf) => leaf.name));
  return {
    caFile,
    leaf: (name) => {
      if (!known.has(name)) throw new TypeError(`no certificate ${name} was asked for`);
      return filesOf(name);
    },
    chain: cas.map((ca) => ca.name),
    leaves: leaves.length,
    keyType,
    created: isNew || made.includes(true),
    replaced,
  };
};

const issue = async (
  authority: Authority,
  leaf: LeafRequest,
  { files, rootPem }: { readonly files: TlsFiles; readonly rootPem: string },
): Promise<void> => {
  const issued = await authority.issue(leaf);
  // The key first: whoever sees the new certificate finds its key. The certificate last: one that is there has all of its files.
  await writeFileAtomic(files.key, issued.keyPem, { mode: 0o600, durable: false });
  const store = pkcs12Files(files.key.replace(/\.key$/, ''));
  if ((await readOrNull(store.file)) !== null) await writeKeyStore(store, { ...issued, caPem: rootPem, name: leaf.name });
  await writeFileAtomic(files.cert, issued.certPem, { durable: false });
};

const readOrNull = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(missingIs(null));
