import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '#infra/apperr/system-error.ts';

const run = promisify(execFile);

const PREFIXES = [[], ['sudo', '-n']] as const;

/** Runs a command that needs root, as root where this user may be; the reason where he may not. */
const asRoot = async (...command: readonly string[]): Promise<string | null> => {
  let reason = '';
  for (const prefix of PREFIXES) {
    const [program = '', ...args] = [...prefix, ...command];
    try {
      await run(program, args);
      return null;
    } catch (error) {
      reason = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? error.message) : String(error);
    }
  }
  return reason;
};

/** Mounts a file system in memory over a folder; the reason where that is not allowed. */
export const mountTmpfs = (path: string, { megabytes, mode }: { readonly megabytes: number; readonly mode: string }) => {
  const owner = process.getuid === undefined ? '' : `,uid=${process.getuid()},gid=${process.getgid?.() ?? 0}`;
  return asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=${mode}${owner}`, 'none', path);
};

/** The reason where it stays mounted. */
export const unmount = (path: string): Promise<string | null> => asRoot('umount', path);

/** Whether something is mounted at this very folder. */
export const isMounted = async (path: string): Promise<boolean> =>
  (await readFile('/proc/self/mounts', 'utf8').catch(() => ''))
    .split('\n')
    .some((line) => line.split(' ')[1] === path.replaceAll(' ', '\\040'));

/** Why this machine lets this user mount no file system; null where it does. */
export const whyNoMount = async (): Promise<string | null> => {
  const path = await mkdtemp(join(tmpdir(), 'passthru-mount-'));
  try {
    const reason = await mountTmpfs(path, { megabytes: 1, mode: '0700' });
    return reason ?? (await unmount(path));
  } finally {
    await rmdir(path);
  }
};

/** Writes to a file until its disk has not one block free. */
export const fillDisk = async (path: string): Promise<void> => {
  const file = await open(path, 'a');
  try {
    for (const size of [65_536, 4_096, 1]) {
      try {
        for (;;) await file.write(Buffer.alloc(size));
      } catch (error) {
        if (!hasCode(error, 'ENOSPC')) throw error;
      }
    }
  } finally {
    await file.close();
  }
};
