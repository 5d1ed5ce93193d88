import { mkdtemp, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDisk, mountTmpfs, unmount } from '#engine/embedded/faults/tmpfs.ts';

/** A disk that a test may fill. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Writes a file until not one block is free. */
  fill(): Promise<void>;
  /** Removes that file. */
  free(): Promise<void>;
}

const mounted = async (megabytes: number): Promise<SmallDisk | string> => {
  const path = await mkdtemp(join(tmpdir(), 'passthru-disk-'));
  const reason = await mountTmpfs(path, { megabytes, mode: '0777' });
  if (reason !== null) {
    await rmdir(path);
    return reason;
  }
  const filler = join(path, 'fill');
  return {
    path,
    fill: () => fillDisk(filler),
    free: () => rm(filler, { force: true }),
    [Symbol.asyncDispose]: async () => {
      const failure = await unmount(path);
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
