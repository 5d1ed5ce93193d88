import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BundleFile } from '#demo/evidence/bundle/bundle-files.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { FILES } from '#infra/evidence/bundle/manifest.ts';
import { usageError } from '#cli/settings/usage-error.ts';

/**
 * Makes way for a bundle: one of an earlier run goes, so that it does not pass for the next one's. A folder that holds anything else is
 * left alone.
 *
 * @throws UsageError where it holds something else; AppError `evidence-not-written` where it cannot be written to
 */
export const clearEvidence = async (folder: string): Promise<void> => {
  const stats = await lstat(folder).catch(missingIs(null));
  if (stats?.isDirectory() === false)
    throw usageError(`--evidence ${folder} is no folder`, { fix: 'Name a folder that is not there yet.' });
  const names: readonly string[] = await readdir(folder).catch(missingIs([]));
  if (names.length > 0 && !names.includes(FILES.manifest)) {
    throw usageError(`--evidence ${folder} is a folder that holds something else than a bundle`, {
      fix: 'Name a folder that is not there yet, is empty, or holds a bundle, which is replaced.',
    });
  }
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
  } catch (cause) {
    throw notWritten(folder, cause);
  }
};

/** Writes the files aside and renames the folder: there is a whole bundle, or none. @throws AppError `evidence-not-written` */
export const writeEvidence = async (folder: string, files: readonly BundleFile[]): Promise<void> => {
  const aside = join(dirname(folder), `.${basename(folder)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(aside);
    for (const [path, text] of files) {
      await mkdir(dirname(join(aside, path)), { recursive: true });
      await writeFile(join(aside, path), text, { flag: 'wx' });
    }
    await rename(aside, folder);
  } catch (cause) {
    await rm(aside, { recursive: true, force: true });
    throw notWritten(folder, cause);
  }
};

const notWritten = (folder: string, cause: unknown): AppError =>
  new AppError('evidence-not-written', 500, `--evidence ${folder} cannot be written`, {
    cause,
    fix: 'Name a folder in one that you may write to, on a disk with room for it.',
  });
