import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import type { RunFile } from './run-file.ts';

/**
 * No other file of a run lies in its bundle, which lists every file that belongs to it and would not hold.
 *
 * @param evidence the folder of the bundle, absolute
 * @throws UsageError
 */
export const requireFilesApart = async (evidence: string, files: readonly Pick<RunFile, 'key' | 'path'>[]): Promise<void> => {
  const folder = await realPlace(evidence);
  for (const { key, path } of files) {
    if (!isWithin(folder, await realPlace(path))) continue;
    throw usageError(`--${key} ${path} lies in the folder of --evidence, whose bundle takes no file but its own`, {
      fix: 'Name a file beside that folder.',
    });
  }
};

/** A path without links, as far as it is there. */
const realPlace = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (!hasCode(thrown, 'ENOENT', 'ENOTDIR') || dirname(path) === path) return path;
    return join(await realPlace(dirname(path)), basename(path));
  }
};

const isWithin = (folder: string, path: string): boolean => {
  const [first] = relative(folder, path).split(sep);
  return first !== '..';
};
