import { execFile } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '#infra/apperr/system-error.ts';

const run = promisify(execFile);

/** A disk that a test may fill. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Writes a file until not one block is free. */
  fill(): Promise<void>;
  /** Removes that file. */
  free(): Promise<void>;
}

const PREFIXES = [[], ['sudo', '-n']] as const;

/** Runs a command that needs root, as root where this user may be. */
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

const fillFile = async (file: FileHandle): Promise<void> => {
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) await file.write(Buffer.alloc(size));
    } catch (error) {
      if (!hasCode(error, 'ENOSPC')) throw error;
    }
  }
};

const mounted = async (megabytes: number): Promise<SmallDisk | string> => {
  const path = await mkdtemp(join(tmpdir(), 'passthru-disk-'));
  const reason = await asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'none', path);
  if (reason !== null) {
    await rmdir(path);
    return reason;
  }
  const filler = join(path, 'fill');
  return {
    path,
    fill: async () => {
      const file = await open(filler, 'a');
      try {
        await fillFile(file);
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler, { force: true }),
    [Symbol.asyncDispose]: async () => {
      const failure = await asRoot('umount', path);
      if (failure !== null) throw new Error(`${path} stays mounted: ${failure}`);
      await rmdir(path);
    },
  };
};

let possible: Promise<boolean> | undefined;

const look = async (): Promise<boolean> => {
  const disk = await mounted(1);
  if (typeof disk !== 'string') {
    await disk[Symbol.asyncDispose]();
    return true;
  }
  if (process.env['CI'] === 'true') throw new Error(`CI must be able to mount a file system: ${disk}`);
  process.stderr.write(`tests that fill a disk are left out: ${disk}\n`);
  return false;
};

/**
 * Whether this machine lets a test mount a file system: `describe.runIf(await canMount())`. It says why not on stderr.
 *
 * @throws in CI where it does not
 */
export const canMount = (): Promise<boolean> => (possible ??= look());

/** A new disk of this size, in memory; its end unmounts it. */
export const smallDisk = async (megabytes: number): Promise<SmallDisk> => {
  const disk = await mounted(megabytes);
  if (typeof disk === 'string') throw new Error(disk);
  return disk;
};
