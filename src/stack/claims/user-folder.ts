import { createHash } from 'node:crypto';
import { rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from '#engine/state/lock.ts';
import { thisHost } from '#engine/state/this-host.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { ok, type Result } from '#infra/apperr/result.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { closedToOthers } from '#infra/files/own-folder.ts';

/**
 * The folder for things of this user that end with a process: stacks that are somebody's for a while, and ports that are about to be
 * used. It lies among the temporary files, which need no home. Its name tells machine and user apart, since a number of a process
 * means something on one machine only, and containers may share these files.
 */
export const userFolder = async (): Promise<string> => {
  const host = createHash('sha256')
    .update(await thisHost())
    .digest('hex')
    .slice(0, 8);
  return join(tmpdir(), ['passthru', process.getuid?.(), host].filter((part) => part !== undefined).join('-'));
};

/** A folder that this process has for itself; disposing of it lets go, and removes it where it is empty. */
export interface Held extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
}

/**
 * Makes, or takes, a folder below that of the user for this process alone. A process that is dead holds nothing.
 *
 * @param options.of the kind of thing, and its name: two parts of a path
 * @param options.holder the work of this process, for example `exec`
 * @returns Failure `lock-held` where a living process has it
 * @throws AppError `temporary-folder-unusable` where another user could put anything there
 */
export const holdFolder = async (options: { readonly of: readonly [string, string]; readonly holder: string }): Promise<Result<Held>> => {
  const { of, holder } = options;
  const user = await userFolder();
  const path = join(user, ...of);
  await ownAlone(user);
  const lock = await acquireLock({ stateDir: path, command: holder });
  if (!lock.ok) return lock;
  const held: Held = {
    path,
    [Symbol.asyncDispose]: async () => {
      await lock.value[Symbol.asyncDispose]();
      for (const folder of [join(user, of[0]), user]) await rmdir(folder).catch(stillUsed);
    },
  };
  try {
    // The last of our processes may have removed it meanwhile, and somebody else made it. Now that it is filled, nobody can.
    await ownAlone(user);
    return ok(held);
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
};

const ownAlone = async (user: string): Promise<void> => {
  try {
    await closedToOthers(user);
  } catch (cause) {
    throw new AppError('temporary-folder-unusable', 500, `${user} cannot hold what ends with this process`, {
      cause,
      fix: 'Remove it, or name another folder for temporary files with TMPDIR.',
    });
  }
};

const stillUsed = (error: unknown): void => {
  if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
};
