import { spawnSync } from 'node:child_process';
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file system of its own in memory, which can be filled. */
export interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  /** Takes every byte that is left. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

const MEGABYTE = 1024 * 1024;

/**
 * Mounts a file system of that size; only root may.
 *
 * @returns null where mounting is not allowed
 */
export const smallDisk = async (path: string, megabytes: number): Promise<SmallDisk | null> => {
  await mkdir(path, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'none', path]).status !== 0) return null;
  const fillings = join(path, 'fillings');
  return {
    path,
    fill: async () => {
      await mkdir(fillings, { recursive: true });
      // What others write meanwhile makes the numbers old at once, so the last blocks are taken one by one.
      for (let number = 0; ; number += 1) {
        const { bavail, bsize } = await statfs(path);
        const size = Math.max(bsize, Math.min(bavail * bsize, 16 * MEGABYTE));
        try {
          await writeFile(join(fillings, String(number)), Buffer.alloc(size));
        } catch {
          if (size === bsize) return;
        }
      }
    },
    free: () => rm(fillings, { recursive: true, force: true }),
    [Symbol.asyncDispose]: async () => {
      await rm(fillings, { recursive: true, force: true });
      spawnSync('umount', ['-l', path]);
    },
  };
};
