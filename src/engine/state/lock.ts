import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, readdir, readFile, readlink, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonObject } from '#infra/json/json-object.ts';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { fail, type Failure, failureFrom, ok, type Result } from '#infra/apperr/result.ts';
import { diskFix, isDiskFull } from './disk-fixes.ts';
import { isAlive, ownIdentity } from './process-identity.ts';
import { isSameFolder } from './served-folder.ts';
import { stateFolder, type StateFolder } from './state-folder.ts';

/** A symbolic link as short as this takes no block of its own on the file systems that keep it in its inode; ext4 keeps the least. */
const MAX_LINK_CHARACTERS = 59;
/** Taking the lock is a matter of milliseconds: what is older than this was left behind. */
const LEFT_BEHIND_MS = 60_000;

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
    const mine: Holder = { pid: process.pid, identity: await ownIdentity(), command, acquired_at: now(), folder: folder.path };
    const text = `${JSON.stringify(mine)}\n`;
    // Each round either gets the lock, sees a living holder, or removes one dead lock; more rounds mean others do the same.
    for (let round = 0; round < 10; round += 1) {
      await mkdir(folder.path, { recursive: true, mode: 0o755 });
      // Whoever lets go of the lock of an empty folder removes that, too.
      const placed = await place(folder.lock, text, mine).catch(missingIs(null));
      if (placed !== null) {
        await sweep(folder.path, now());
        return ok(release(folder.path, folder.lock, placed));
      }
      const found = await readLock(folder.lock);
      if (found === null) continue;
      const holder = parseHolder(found) ?? (await parseLink(folder, found));
      const isCopied = holder !== null && (await isCopy(holder, found, folder.path));
      if (holder !== null && !isCopied && (await isAlive(holder))) return held(holder, stateDir, now());
      await removeDead(folder.lock, found);
      warn(whyReplaced(holder, isCopied));
    }
    return fail('lock-held', `other passthru processes are taking the lock of ${stateDir} in turns`, { fix: 'Try again.' });
  } catch (error) {
    return fail('state-folder-unusable', `the state folder ${folder.path} cannot be used`, {
      cause: failureFrom(error),
      fix: diskFix(error) ?? 'Make it writable, or name another one with --state-dir.',
    });
  }
};

/** Whether the lock came here with a copy of the folder that its holder locked: it lies there, too. A folder that was moved left none. */
const isCopy = async (holder: Holder, text: string, folder: string): Promise<boolean> => {
  if (await isSameFolder(holder.folder, folder)) return false;
  return (await readLock(stateFolder(holder.folder).lock)) === text;
};

const whyReplaced = (holder: Holder | null, isCopied: boolean): string => {
  if (holder === null) return 'the lock was damaged and has been replaced';
  const lock = `the lock of "${holder.command}" (pid ${holder.pid})`;
  return isCopied ? `replaced ${lock}, which holds ${holder.folder}, not this copy of it` : `took over ${lock}, which is gone`;
};

/** A lock as it is found, without a change to it. */
export type FoundLock =
  | { readonly state: 'free' }
  /** The next command would fail with this. */
  | { readonly state: 'held'; readonly failure: Failure }
  /** The next command replaces it, and says this. */
  | { readonly state: 'left'; readonly text: string };

/** The lock of a state folder, which may not be there. @throws the file system's error */
export const lookAtLock = async (stateDir: string, now: number): Promise<FoundLock> => {
  const { lock, path } = stateFolder(stateDir);
  const text = await readLock(lock);
  if (text === null) return { state: 'free' };
  const holder = parseHolder(text) ?? (await parseLink({ lock, path }, text));
  const isCopied = holder !== null && (await isCopy(holder, text, path));
  if (holder === null || isCopied || !(await isAlive(holder))) return { state: 'left', text: whyReplaced(holder, isCopied) };
  return { state: 'held', failure: held(holder, stateDir, now).error };
};

/** Whether a command that changes something is at work in a state folder. */
export const isLocked = async (stateDir: string): Promise<boolean> => (await lookAtLock(stateDir, 0)).state === 'held';

/**
 * Puts a complete lock in place, and answers its text; null when there is one already. A hard link is atomic and never replaces. On a
 * full disk a file cannot hold a text, but a symbolic link can: its text, where it is short, stands in its own entry.
 */
const place = async (lock: string, text: string, { pid, identity, command }: Holder): Promise<string | null> => {
  const aside = `${lock}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeFile(aside, text, { flag: 'wx', mode: 0o600 });
    await link(aside, lock);
    return text;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return null;
    if (!isDiskFull(error)) throw error;
  } finally {
    await rm(aside, { force: true });
  }
  const full = [pid, identity, command].join('|');
  const short = full.length <= MAX_LINK_CHARACTERS ? full : `${pid}|${identity}`;
  try {
    await symlink(short, lock);
    return short;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return null;
    throw error;
  }
};

/** The text of the lock, whether it is a file or a symbolic link; null when there is none. */
const readLock = async (lock: string): Promise<string | null> => {
  try {
    return await readlink(lock);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    // It is no link.
    if (!hasCode(error, 'EINVAL')) throw error;
  }
  return readFile(lock, 'utf8').catch(missingIs(null));
};

/** Removes what a process left that was killed while it took the lock; what is young may be in use. */
const sweep = async (directory: string, now: number): Promise<void> => {
  for (const name of (await readdir(directory)).filter((each) => /^lock\.[0-9a-f]{12}\.(tmp|dead)$/.test(each))) {
    const path = join(directory, name);
    const stats = await lstat(path).catch(missingIs(null));
    if (stats !== null && now - stats.mtimeMs > LEFT_BEHIND_MS) await rm(path, { force: true });
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
    if ((await readLock(aside)) !== judged) await link(aside, lock).catch(existsIsFine);
  } finally {
    await rm(aside, { force: true });
  }
};

const release = (directory: string, lock: string, text: string): AsyncDisposable => ({
  [Symbol.asyncDispose]: async () => {
    if ((await readLock(lock)) !== text) return;
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
    fix: 'Wait until it ends, then run the command again.',
  });
};

/** A text that makes no sense names no holder; the caller says that the lock was damaged. */
const parseHolder = (text: string): Holder | null => {
  const { pid, identity, command, acquired_at: acquiredAt, folder } = jsonObject(text) ?? {};
  const isHolder = typeof pid === 'number' && typeof acquiredAt === 'number' && [identity, command, folder].every(isText);
  return isHolder ? ({ pid, identity, command, acquired_at: acquiredAt, folder } as Holder) : null;
};

const isText = (value: unknown): value is string => typeof value === 'string';

/** The holder as a symbolic link names him: number, identity and, where there was room for it, command. */
const parseLink = async ({ path, lock }: Pick<StateFolder, 'path' | 'lock'>, text: string): Promise<Holder | null> => {
  const [pid = '', identity, command = 'in another terminal'] = text.split('|');
  const stats = await lstat(lock).catch(missingIs(null));
  if (!/^\d+$/.test(pid) || identity === undefined || stats === null) return null;
  return { pid: Number(pid), identity, command, acquired_at: stats.mtimeMs, folder: path };
};

const existsIsFine = (error: unknown): void => {
  if (!hasCode(error, 'EEXIST')) throw error;
};
