import { randomBytes } from 'node:crypto';
import { access, constants, lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BundleFile } from '#demo/evidence/bundle/bundle-files.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import { isBundleAlone } from './earlier-bundle.ts';

/**
 * Looks whether a bundle can be put there, and makes the folders above it. A bundle of an earlier run stays until the new one is there.
 *
 * @throws UsageError where the folder holds anything else; AppError `evidence-not-written` where it cannot be written to
 */
export const checkEvidenceFolder = async (folder: string): Promise<void> => {
  await refuseOthers(folder);
  try {
    await mkdir(dirname(folder), { recursive: true });
    await access(dirname(folder), constants.W_OK);
  } catch (cause) {
    throw notWritten(folder, cause);
  }
};

/**
 * Writes the files aside and puts the folder in the place of an earlier bundle: there is a whole bundle, and never a mix of two. The place
 * is looked at again, because anybody may have put something there while the run went on.
 *
 * @throws AppError `evidence-not-written`; the earlier bundle is then still there
 */
export const writeEvidence = async (folder: string, files: readonly BundleFile[]): Promise<void> => {
  const aside = besides(folder, 'tmp');
  try {
    await mkdir(aside);
    for (const [path, text] of files) {
      await mkdir(dirname(join(aside, path)), { recursive: true });
      await writeFile(join(aside, path), text, { flag: 'wx' });
    }
    await refuseOthers(folder);
    await replace(folder, aside);
  } catch (cause) {
    await rm(aside, { recursive: true, force: true });
    throw notWritten(folder, cause);
  }
};

/** A folder in the place of another, which goes; where that cannot be, the other is back in its place. */
const replace = async (folder: string, by: string): Promise<void> => {
  const earlier = besides(folder, 'old');
  const wasThere = await rename(folder, earlier).then(() => true, missingIs(false));
  try {
    await rename(by, folder);
  } catch (thrown) {
    if (wasThere) await rename(earlier, folder);
    throw thrown;
  }
  if (wasThere) await rm(earlier, { recursive: true });
};

/** Beside it, so that it is on the same disk and can be renamed. */
const besides = (folder: string, end: string): string =>
  join(dirname(folder), `.${basename(folder)}.${randomBytes(6).toString('hex')}.${end}`);

/** @throws UsageError for a folder that is neither missing, nor empty, nor a bundle alone; AppError `evidence-not-written` for one that cannot be read */
const refuseOthers = async (folder: string): Promise<void> => {
  const stats = await lstat(folder).catch(missingIs(null));
  if (stats?.isDirectory() === false)
    throw usageError(`--evidence ${folder} is no folder`, { fix: 'Name a folder that is not there yet.' });
  try {
    const names: readonly string[] = await readdir(folder).catch(missingIs([]));
    if (names.length === 0 || (await isBundleAlone(folder))) return;
  } catch (cause) {
    throw notWritten(folder, cause);
  }
  throw usageError(`--evidence ${folder} is a folder that holds something else than a bundle`, {
    fix: 'Name a folder that is not there yet, is empty, or holds a bundle and nothing else, which is replaced.',
  });
};

const notWritten = (folder: string, cause: unknown): AppError =>
  new AppError('evidence-not-written', 500, `--evidence ${folder} cannot be written`, {
    cause,
    fix: 'Name a folder in one that you may write to, on a disk with room for it.',
  });
