import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { once } from '#infra/cache/once.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import type { Authority, StoredCa } from './authority.ts';
import { checkAuthority } from './certificate-checks.ts';
import type { PermittedNames } from './constraints/permitted-names.ts';
import type { CertificateKeyType } from './key-types.ts';

/** A chain of CAs in a directory: `ca.pem`, and `ca/` with certificates and keys. */
export interface StoredAuthority {
  /** From the root down. */
  readonly cas: readonly StoredCa[];
  /** PEM file with the root alone. */
  readonly caFile: string;
  readonly isNew: boolean;
  /** Why an authority that was there gave way to a new one, one clause; null when none did. */
  readonly replaced: string | null;
  /** Loaded only when there is something to sign: it costs more than all the checks. */
  signer(): Promise<Authority>;
}

/**
 * The authority of a directory: the one that is there, while it is sound and permits the names, else a new one in its place. One without
 * constraints permits every name. The caller holds a lock.
 *
 * @param options.permitted what a new authority permits; everything where absent
 * @param options.names for which certificates will be asked
 * @param options.now epoch milliseconds
 * @throws the file system's error
 */
export const openAuthority = async (options: {
  readonly directory: string;
  readonly length: number;
  readonly keyType: CertificateKeyType;
  readonly permitted?: PermittedNames | undefined;
  readonly names?: readonly string[];
  readonly now: () => number;
}): Promise<StoredAuthority> => {
  const { directory, length, keyType, permitted, names = [], now } = options;
  const kept = await readAuthority(directory);
  const fault = checkAuthority(kept, { length, keyType, names, now: now() });
  const isKept = fault === null;
  const signer = once(async () => {
    const { authorityFromPem, createAuthority } = await import('./create-authority.ts');
    return isKept ? authorityFromPem(kept, now) : createAuthority({ length, keyType, permitted, now });
  });
  const cas = isKept ? kept : (await signer()).toPem();
  if (!isKept) await writeAuthority(directory, cas);
  const caFile = join(directory, 'ca.pem');
  const rootPem = cas[0]?.certPem ?? '';
  if ((await readOrNull(caFile)) !== rootPem) await writeFileAtomic(caFile, rootPem, { durable: false });
  return { cas, caFile, isNew: !isKept, replaced: kept.length === 0 ? null : fault, signer };
};

/** The CAs from the root down, unchecked; file names start with their depth. None where there is no authority. */
export const readAuthority = async (directory: string): Promise<readonly StoredCa[]> => {
  const folder = join(directory, 'ca');
  const files = await readdir(folder).catch(missingIs([]));
  const certificates = files.filter((file) => /^\d-[a-z0-9-]+\.pem$/.test(file)).toSorted();
  return Promise.all(
    certificates.map(async (file) => ({
      name: file.slice(2, -'.pem'.length),
      certPem: (await readOrNull(join(folder, file))) ?? '',
      keyPem: await readGuarded(join(folder, file.replace(/\.pem$/, '.key')), { purpose: 'the key of an authority' }).catch(missingIs('')),
    })),
  );
};

/** Written aside as a folder and renamed as one, so that certificates and keys of two chains never mix. */
const writeAuthority = async (directory: string, cas: readonly StoredCa[]): Promise<void> => {
  const folder = join(directory, 'ca');
  const aside = join(directory, `.ca.${randomBytes(6).toString('hex')}.tmp`);
  await mkdir(aside, { mode: 0o700 });
  await Promise.all(
    cas.flatMap((ca, depth) => [
      writeFileAtomic(join(aside, `${depth}-${ca.name}.pem`), ca.certPem, { durable: false }),
      writeFileAtomic(join(aside, `${depth}-${ca.name}.key`), ca.keyPem, { mode: 0o600, durable: false }),
    ]),
  );
  await rm(folder, { recursive: true, force: true });
  await rename(aside, folder);
};

const readOrNull = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(missingIs(null));
