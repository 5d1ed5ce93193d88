import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import { ensureSecret } from '#infra/files/secret-file.ts';
import { checkLeaf } from './certificate-checks.ts';
import type { Authority, LeafOptions } from './authority.ts';
import type { TlsFiles } from '../config.ts';
import type { CertificateKeyType } from './key-types.ts';
import { openAuthority } from './stored-authority.ts';

/** A certificate of the store; `name` is the base name of its files. */
export interface LeafRequest extends LeafOptions {
  /** Lower-case letters, digits and hyphens. */
  readonly name: string;
}

export interface TlsStoreOptions {
  readonly directory: string;
  readonly leaves: readonly LeafRequest[];
  /** CAs from the root to the one that issues; default 3. */
  readonly length?: number;
  readonly keyType?: CertificateKeyType;
  /** Whether `<name>.p12` is written, too, and its password in `<name>.p12.password`. */
  readonly pkcs12?: boolean;
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
}

/**
 * Makes the certificates of a directory: `ca.pem`, `<name>.pem`, `<name>.key`, and `ca/` with the CA keys, all keys of mode 0600.
 * Keeps what is valid; makes again what is missing, damaged, signed by another CA, valid for other names, or about to expire.
 * Every file is replaced as a whole; a crash in between leaves what the next call mends. The caller holds a lock.
 *
 * @throws the file system's error
 */
export const prepareTls = async (options: TlsStoreOptions): Promise<TlsStore> => {
  const { directory, leaves, length = 3, keyType = 'P-256', pkcs12 = false, now = Date.now } = options;
  for (const { name } of leaves) if (!/^[a-z0-9][a-z0-9-]*$/.test(name)) throw new TypeError(`${name} is no name for a certificate file`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { cas, caFile, isNew, signer } = await openAuthority({ directory, length, keyType, now });
  const rootPem = cas[0]?.certPem ?? '';
  const filesOf = (name: string): TlsFiles => ({ ca: caFile, cert: join(directory, `${name}.pem`), key: join(directory, `${name}.key`) });
  const made = await Promise.all(
    leaves.map(async (leaf) => {
      const files = filesOf(leaf.name);
      const [certPem, keyPem] = [
        (await readOrNull(files.cert)) ?? '',
        await readGuarded(files.key, { purpose: 'a private key' }).catch(missingIs('')),
      ];
      const isGood = checkLeaf({ certPem, keyPem }, { ...leaf, cas, keyType, now: now() }) === null;
      const current = isGood ? { certPem, keyPem } : await issue(await signer(), leaf, files);
      const madeStore = pkcs12 && (await writePkcs12({ directory, name: leaf.name, rootPem, ...current, isNew: !isGood }));
      return !isGood || madeStore;
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
  };
};

const issue = async (authority: Authority, leaf: LeafRequest, files: TlsFiles) => {
  const issued = await authority.issue(leaf);
  // The key first: whoever sees the new certificate finds its key.
  await writeFileAtomic(files.key, issued.keyPem, { mode: 0o600, durable: false });
  await writeFileAtomic(files.cert, issued.certPem, { durable: false });
  return issued;
};

const writePkcs12 = async (of: {
  directory: string;
  name: string;
  rootPem: string;
  certPem: string;
  keyPem: string;
  isNew: boolean;
}): Promise<boolean> => {
  const file = join(of.directory, `${of.name}.p12`);
  const passwordFile = `${file}.password`;
  if (!of.isNew && (await readOrNull(file)) !== null && (await readOrNull(passwordFile)) !== null) return false;
  const password = await ensureSecret(passwordFile, () => randomBytes(24).toString('base64url'), `the password of ${of.name}.p12`);
  const { toPkcs12 } = await import('./pkcs12.ts');
  const store = await toPkcs12({ certPem: of.certPem, keyPem: of.keyPem, caPem: of.rootPem, password, name: of.name });
  await writeFileAtomic(file, store, { mode: 0o600, durable: false });
  return true;
};

const readOrNull = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(missingIs(null));
