import { randomBytes } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';

/** Reading and writing a short file takes milliseconds: a lock of this age belongs to a process that was killed. */
const LEFT_BEHIND_MS = 5_000;

const ASK_EVERY_MS = 20;

/** So long that a lock that was left behind ends meanwhile. */
const MAX_ASKS = (2 * LEFT_BEHIND_MS) / ASK_EVERY_MS;

/**
 * Runs something short while no other process does so under the lock of the same name, a file: for what is read, changed and written
 * back by processes that share a folder. Processes in containers do not see one another, so the age of a lock tells that its holder is
 * gone; one that is only slower than that loses the lock, and what it writes then may take back what another wrote.
 *
 * @param path of the lock, in a folder that is there
 * @throws AppError `file-lock-held` 503; the file system's error
 */
export const withFileLock = async <T>(path: string, run: () => Promise<T>): Promise<T> => {
  const own = randomBytes(12).toString('base64url');
  await take(path, own);
  try {
    return await run();
  } finally {
    if ((await readFile(path, 'utf8').catch(missingIs(null))) === own) await rm(path, { force: true });
  }
};

const take = async (path: string, own: string): Promise<void> => {
  for (let ask = 1; ask <= MAX_ASKS; ask += 1) {
    if (await placed(path, own)) return;
    if (await isDead(path)) await removeDead(path);
    else await pause(ASK_EVERY_MS);
  }
  throw new AppError('file-lock-held', 503, `Other processes hold the lock ${path} all the time.`, {
    fix: 'Find out which processes use this folder; a lock whose process is gone ends by itself.',
  });
};

const placed = async (path: string, text: string): Promise<boolean> => {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
};

/** Clocks of hosts that share a folder may differ: a lock from the future is as dead as an old one. */
const isDead = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(missingIs(null));
  return found !== null && Math.abs(Date.now() - found.mtimeMs) > LEFT_BEHIND_MS;
};

/** One at a time looks once more and removes: it could be the lock of whoever was faster. */
const removeDead = async (path: string): Promise<void> => {
  const turn = `${path}.dead`;
  if (!(await placed(turn, ''))) {
    if (await isDead(turn)) await rm(turn, { force: true });
    else await pause(ASK_EVERY_MS);
    return;
  }
  try {
    if (await isDead(path)) await rm(path, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
};
