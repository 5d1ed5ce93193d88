import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { jsonObject } from '#infra/config/json-object.ts';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { fail, failureFrom, ok, type Result } from '#infra/apperr/result.ts';
import { isAlive, ownIdentity } from './process-identity.ts';
import { isSameFolder } from './served-folder.ts';
import { stateFolder } from './state-folder.ts';

/** The holder of the lock, as the file names it. */
interface Holder {
  readonly pid: number;
  readonly identity: string;
  readonly command: string;
  /** Epoch milliseconds. */
  readonly acquired_at: number;
  /** The state folder that it locked, absolute: a copy of that folder has a copy of the lock. */
  readonly folder: string;
}

export interface LockOptions {
  readonly stateDir: string;
  /** The command of the holder, for the message to the next one, for example `demo all`. */
  readonly command: string;
  /** Called when a lock is damaged, or was left behind by a process that is gone. */
  readonly warn?: (text: string) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/**
 * Takes the lock of a state folder for this process; disposing of it lets go.
 * A lock whose holder is gone (or whose number now belongs to another process) is taken over.
 *
 * @returns the lock, or Failure `lock-held` that names holder, age and command, or `state-folder-unusable`
 */
export const acquireLock = async (options: LockOptions): Promise<Result<AsyncDisposable>> => {
  const { stateDir, command, warn = () => {}, now = Date.now } = options;
  const folder = stateFolder(stateDir);
  try {
    await mkdir(folder.path, { recursive: true });
    const mine: Holder = { pid: process.pid, identity: await ownIdentity(), command, acquired_at: now(), folder: folder.path };
    const text = `${JSON.stringify(mine)}\n`;
    // Each round either gets the lock, sees a living holder, or removes one dead lock; more rounds mean others do the same.
    for (let round = 0; round < 10; round += 1) {
      if (await place(folder.lock, text)) return ok(release(folder.path, folder.lock, text));
      const found = await readFile(folder.lock, 'utf8').catch(missingIs(null));
      if (found === null) continue;
      const holder = parseHolder(found);
      const isCopied = holder !== null && (await isCopy(holder, found, folder.path));
      if (holder !== null && !isCopied && (await isAlive(holder))) return held(holder, stateDir, now());
      await removeDead(folder.lock, found);
      warn(whyReplaced(holder, isCopied));
    }
    return fail('lock-held', `other passthru processes are taking the lock of ${stateDir} in turns`, { fix: 'Try again.' });
  } catch (error) {
    return fail('state-folder-unusable', `the state folder ${folder.path} cannot be used`, {
      cause: failureFrom(error),
      fix: 'Make it writable, or name another one with --state-dir.',
    });
  }
};

/** Whether the lock came here with a copy of the folder that its holder locked: it lies there, too. A folder that was moved left none. */
const isCopy = async (holder: Holder, text: string, folder: string): Promise<boolean> => {
  if (await isSameFolder(holder.folder, folder)) return false;
  return (await readFile(stateFolder(holder.folder).lock, 'utf8').catch(missingIs(null))) === text;
};

const whyReplaced = (holder: Holder | null, isCopied: boolean): string => {
  if (holder === null) return 'the lock was damaged and has been replaced';
  const lock = `the lock of "${holder.command}" (pid ${holder.pid})`;
  return isCopied ? `replaced ${lock}, which holds ${holder.folder}, not this copy of it` : `took over ${lock}, which is gone`;
};

/** Whether a command that changes something is at work in a state folder. */
export const isLocked = async (stateDir: string): Promise<boolean> => {
  const { lock, path } = stateFolder(stateDir);
  const text = await readFile(lock, 'utf8').catch(missingIs(''));
  const holder = parseHolder(text);
  return holder !== null && !(await isCopy(holder, text, path)) && isAlive(holder);
};

/** Puts a complete lock file in place, or answers false when there is one: a hard link is atomic and never replaces. */
const place = async (lock: string, text: string): Promise<boolean> => {
  const aside = `${lock}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(aside, text, { flag: 'wx', mode: 0o600 });
  try {
    await link(aside, lock);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
};

/**
 * Removes a dead lock. Another process may have done so and taken the lock since we looked: what was moved aside is looked
 * at again, and put back when it is not what we judged.
 */
const removeDead = async (lock: string, judged: string): Promise<void> => {
  const aside = `${lock}.${randomBytes(6).toString('hex')}.dead`;
  try {
    await rename(lock, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  try {
    if ((await readFile(aside, 'utf8')) !== judged) await link(aside, lock).catch(existsIsFine);
  } finally {
    await rm(aside, { force: true });
  }
};

const release = (directory: string, lock: string, text: string): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    if ((await readFile(lock, 'utf8').catch(missingIs(null))) !== text) return;
    await rm(lock, { force: true });
    // After `down --volumes` nothing is left; a folder that still holds something stays.
    await rmdir(directory).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
    });
  },
});

const held = (holder: Holder, stateDir: string, now: number) => {
  const seconds = Math.max(0, Math.round((now - holder.acquired_at) / 1000));
  const age = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return fail('lock-held', `passthru ${holder.command} (pid ${holder.pid}) has held the lock of ${stateDir} for ${age}`, {
    fix: 'Wait until it ends, or use another folder with --state-dir and other ports.',
  });
};

/** A text that makes no sense names no holder; the caller says that the lock was damaged. */
const parseHolder = (text: string): Holder | null => {
  const { pid, identity, command, acquired_at: acquiredAt, folder } = jsonObject(text) ?? {};
  const isHolder = typeof pid === 'number' && typeof acquiredAt === 'number' && [identity, command, folder].every(isText);
  return isHolder ? ({ pid, identity, command, acquired_at: acquiredAt, folder } as Holder) : null;
};

const isText = (value: unknown): value is string => typeof value === 'string';

const existsIsFine = (error: unknown): void => {
  if (!hasCode(error, 'EEXIST')) throw error;
};
