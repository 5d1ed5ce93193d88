import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { once } from '#infra/cache/once.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { checkAuthority } from '#infra/tls/authority/certificate-checks.ts';
import type { Leaf, LeafOptions } from '#infra/tls/authority/authority.ts';
import { openAuthority, readAuthority } from '#infra/tls/authority/stored-authority.ts';

const [LENGTH, KEY_TYPE] = [3, 'P-256'] as const;

/** The authority of a production stack. Nobody opens it before something is to be signed: its keys may be off the machine. */
export interface Signing {
  /** @throws AppError `authority-missing`, `authority-unusable` */
  rootPem(): Promise<string>;
  /** @throws AppError as `rootPem` */
  issue(leaf: LeafOptions): Promise<Leaf>;
  /** Certificate of the CA that issues; null where its keys are not here. */
  issuingPem(): Promise<string | null>;
}

/**
 * @param options.directory of the authority
 * @param options.caFiles files from which containers learn the root; a new authority is made where none of them is there
 * @param options.now epoch milliseconds
 */
export const createSigning = (options: {
  readonly directory: string;
  readonly caFiles: readonly string[];
  readonly now: () => number;
}): Signing => {
  const { directory, caFiles, now } = options;
  const opened = once(async () => {
    const trusted = (await Promise.all(caFiles.map((file) => readFile(file, 'utf8').catch(missingIs(null))))).filter(
      (text) => text !== null,
    );
    const kept = await readAuthority(directory);
    if (kept.length === 0 && trusted.length > 0) throw missing(directory, caFiles);
    const fault = kept.length === 0 ? null : checkAuthority(kept, { length: LENGTH, keyType: KEY_TYPE, now: now() });
    if (fault !== null) throw unusable(directory, fault);
    // A file may hold the roots of more than one authority.
    if (kept.length > 0 && trusted.some((text) => !text.includes((kept[0]?.certPem ?? '').trim()))) throw missing(directory, caFiles);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return openAuthority({ directory, length: LENGTH, keyType: KEY_TYPE, now });
  });
  return {
    rootPem: async () => (await opened()).cas[0]?.certPem ?? '',
    issue: async (leaf) => (await (await opened()).signer()).issue(leaf),
    issuingPem: async () => (await readAuthority(directory)).at(-1)?.certPem ?? null,
  };
};

const missing = (directory: string, caFiles: readonly string[]): AppError =>
  new AppError(
    'authority-missing',
    500,
    `${directory} does not hold the authority whose root is in the ${[...new Set(caFiles.map((file) => basename(file)))].join(' and ')} of the containers`,
    {
      fix:
        'Bring the folder of the authority back, or name it with --authority. Certificates of an authority of your own: put each that is ' +
        'missing in its place, <name>.pem with its intermediates and <name>.key; and in every client-ca.pem the root of one that signs for ' +
        'the clients of this stack alone.',
    },
  );

const unusable = (directory: string, fault: string): AppError =>
  new AppError('authority-unusable', 500, `the authority in ${join(directory, 'ca')} cannot sign: ${fault}`, {
    fix: 'Restore that folder from a backup. For a new authority, move all certificates and every ca.pem away, then run the command again.',
  });
