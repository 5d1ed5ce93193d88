import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import type { StoredCa } from './authority.ts';
import { checkAuthority, checkLeaf } from './certificate-checks.ts';
import { readAuthority } from './stored-authority.ts';
import { CHAIN_LENGTH, KEY_TYPE, type LeafRequest, type TlsStoreOptions } from './store.ts';

/** The certificates of a directory as `prepareTls` would find them. */
export interface TlsStoreState {
  readonly authority: CertificateState;
  readonly leaves: readonly (CertificateState & { readonly name: string })[];
}

export interface CertificateState {
  /** `sound` is kept; what is `faulty` or `missing` is made (again). */
  readonly state: 'sound' | 'faulty' | 'missing';
  /** Why it is made again, one clause; null unless it is faulty. */
  readonly why: string | null;
  /** Its end, epoch milliseconds; null where there is none, or it cannot be read. */
  readonly endsAt: number | null;
}

/**
 * Looks at the certificates of a directory and changes nothing: what `prepareTls` would keep, and what it would make and why.
 *
 * @throws AppError `secret-not-ours`, `secret-unreadable` for a key that another user may have put there; the file system's error
 */
export const lookAtTls = async (
  options: Pick<TlsStoreOptions, 'directory' | 'leaves'> & { readonly now: () => number },
): Promise<TlsStoreState> => {
  const { directory, leaves, now } = options;
  const cas = await readAuthority(directory);
  const names = leaves.flatMap((leaf) => leaf.names ?? []);
  const why = cas.length === 0 ? null : checkAuthority(cas, { length: CHAIN_LENGTH, keyType: KEY_TYPE, names, now: now() });
  const authority = stateOf(cas.length > 0, why, endOf(cas.at(-1)?.certPem ?? ''));
  return { authority, leaves: await Promise.all(leaves.map((leaf) => lookAtLeaf(directory, leaf, cas, now()))) };
};

const lookAtLeaf = async (directory: string, leaf: LeafRequest, cas: readonly StoredCa[], now: number) => {
  const certPem = await readFile(join(directory, `${leaf.name}.pem`), 'utf8').catch(missingIs(null));
  const keyPem = await readGuarded(join(directory, `${leaf.name}.key`), { purpose: 'a private key' }).catch(missingIs(''));
  const why = certPem === null ? null : checkLeaf({ certPem, keyPem }, { ...leaf, cas, keyType: KEY_TYPE, now });
  return { name: leaf.name, ...stateOf(certPem !== null, why, endOf(certPem ?? '')) };
};

const stateOf = (isThere: boolean, why: string | null, endsAt: number | null): CertificateState => ({
  state: isThere ? (why === null ? 'sound' : 'faulty') : 'missing',
  why,
  endsAt,
});

const endOf = (pem: string): number | null => {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    // A text that is no certificate has no end.
    return null;
  }
};
