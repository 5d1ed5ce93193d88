import { join } from 'node:path';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { readGuarded } from '#infra/files/guarded-file.ts';
import { ensureSecret } from '#infra/files/secret-file.ts';
import { shareIdentity } from '#infra/secrets/unseal-shares.ts';
import { randomSecret } from '../random-secret.ts';
import { fitting, readShareCopies } from '../unseal-share-files.ts';
import type { ClosedFolder } from './closed-folder.ts';

/** 32 bytes, base64url. */
const ENCRYPTION_KEY = /^[\w-]{43}$/;
const ENCRYPTION_PURPOSE = 'the encryption key of the signing keys';

/**
 * The texts of the KMS's share files for containers: those that are there, while they are sound and of the same set as
 * the originals, so that no container is made anew for a spare share; else the originals.
 *
 * @param path folder of the KMS's files for containers
 * @param shareFiles three originals that fit together
 * @throws AppError `sealed-by-others` when the folder holds shares of another set: data may be sealed under them
 */
export const shareTexts = async (path: string, shareFiles: readonly string[]): Promise<readonly string[]> => {
  const originals = await Promise.all(shareFiles.map((file) => readGuarded(file, { purpose: 'an unseal share' })));
  const setId = shareIdentity(originals[0] ?? '')?.setId;
  const copies = await readShareCopies(path);
  const sets = copies.map(({ text }) => shareIdentity(text)?.setId);
  // A damaged copy is of no set; what takes its place opens the same data.
  if (sets.some((found) => found !== undefined && found !== setId)) throw sealedByOthers('unseal shares', path);
  return (await fitting(copies))?.map(({ text }) => text) ?? originals;
};

/**
 * The key that seals Identity's signing keys, in its original file: the one that is there, else a copy, else a new one.
 * If it were not in the state folder, Identity would make the same file beside the cookie keys at its first start.
 *
 * @param options.copies files that may hold a copy, the most trusted first
 * @param options.target the file for containers
 * @throws AppError `sealed-by-others` when the target holds another key; `secret-unreadable`
 */
export const prepareSigningKeyEncryption = async (options: { file: string; copies: readonly string[]; target: string }): Promise<void> => {
  const { file, copies, target } = options;
  const found = await Promise.all(copies.map(readOrNull));
  const adopted = found.find((text) => text !== null && ENCRYPTION_KEY.test(text));
  const key = await ensureSecret(file, () => adopted ?? randomSecret(), ENCRYPTION_PURPOSE);
  const there = await readOrNull(target);
  if (there !== null && there !== key) throw sealedByOthers('an encryption key of signing keys', join(target, '..'));
};

/** Writes a text under which data is sealed; where somebody else put another one at the same time, theirs stays. */
export const writeSealing = async (folder: ClosedFolder, name: string, text: string): Promise<void> => {
  try {
    await folder.writeSealing(name, text);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw sealedByOthers(name, folder.path, error);
    throw error;
  }
};

const sealedByOthers = (what: string, folder: string, cause?: unknown): AppError =>
  new AppError('sealed-by-others', 500, `${folder} holds ${what} of another state folder, and data may be sealed under them`, {
    cause,
    fix:
      'Use the state folder that they came from (--state-dir). Or, where their data is not needed, remove its volumes ' +
      `(docker compose … down --volumes), then that folder: rm -r ${folder}`,
  });

const readOrNull = async (file: string): Promise<string | null> =>
  (await readGuarded(file, { purpose: ENCRYPTION_PURPOSE }).catch(missingIs(null)))?.trim() ?? null;
