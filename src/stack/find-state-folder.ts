import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSameFolder } from '#engine/state/served-folder.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { type Failure, failureFrom } from '#infra/apperr/result.ts';
import { refuseOthers } from '#infra/files/own-folder.ts';

/** The name of a state folder for which nobody stated another. */
const STATE_FOLDER = '.passthru';

export interface FindOptions {
  /** The working folder; absolute. */
  readonly from: string;
  /** The user's home; null where the user has none. */
  readonly home: string | null;
  /** Hears why a folder that is there is not taken. */
  readonly warn: (text: string) => void;
}

/**
 * The state folder of the project in which a command runs: that of the working folder, else of the nearest folder above it, as git finds
 * its own. The search stays on one file system and ends below the home, and below a folder in which everybody may write. A folder of
 * another user above it is not taken; one in the working folder itself is for `refuseForeignFolder`, as a folder that was named is.
 *
 * @returns an absolute path; null where there is none
 */
export const findStateFolder = async ({ from, home, warn }: FindOptions): Promise<string | null> => {
  const own = join(from, STATE_FOLDER);
  if (await lookAt(own)) return own;
  const start = await stat(from).catch(() => null);
  if (start === null) return null;
  for (let at = dirname(from), below = from; at !== below; [below, at] = [at, dirname(at)]) {
    const here = await stat(at).catch(() => null);
    if (here === null || here.dev !== start.dev || (here.mode & 0o002) !== 0) return null;
    if (home !== null && (await isSameFolder(at, home))) return null;
    const path = join(at, STATE_FOLDER);
    const found = await lookAt(path);
    if (found === null || !found.isDirectory() || !(await wasUsed(path))) continue;
    if (!isForeign(found)) return path;
    warn(`the state folder ${path} belongs to another user, and is not used`);
    return null;
  }
  return null;
};

/**
 * Refuses a state folder of another user, whoever named it: its configuration would be believed, and its keys and secrets used. Root is
 * no exception: it would trust whatever any user put into a folder where everybody may write. A link counts, and what it leads to.
 *
 * So it is with a folder in which others may write.
 *
 * @throws AppError `state-folder-not-ours`, `folder-open`
 */
export const refuseForeignFolder = async (path: string): Promise<void> => {
  const foreign = [await lookAt(path), await stat(path).catch(() => null)].find((found) => found !== null && isForeign(found));
  if (foreign === undefined || foreign === null) return refuseOpenFolder(path);
  throw new AppError('state-folder-not-ours', 500, `the state folder ${path} belongs to another user (uid ${foreign.uid})`, {
    fix: 'Name a folder of your own with --state-dir, which is made where it is not there. Or run the command as the owner of this one.',
  });
};

/** Why such a folder is refused, for those who only tell of it; null: it is not. */
export const refusalOfFolder = async (path: string): Promise<Failure | null> => {
  try {
    await refuseForeignFolder(path);
    return null;
  } catch (thrown) {
    return failureFrom(thrown);
  }
};

const refuseOpenFolder = async (path: string): Promise<void> => {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) refuseOthers(path, found);
};

/** Windows has no such numbers. */
const isForeign = ({ uid }: Stats): boolean => process.getuid !== undefined && uid !== process.getuid();

const lookAt = (path: string) => lstat(path).catch(() => null);

/** A folder of that name in which no stack ever was is somebody else's matter. */
const wasUsed = async (path: string): Promise<boolean> => {
  const { config, docker, tls } = stateFolder(path);
  const parts = await Promise.all([config, docker, tls].map(lookAt));
  return parts.some((part) => part?.isDirectory() === true);
};
