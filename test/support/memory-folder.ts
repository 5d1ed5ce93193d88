import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Linux keeps what is in this folder in memory. */
const IN_MEMORY = '/dev/shm';
/** Of a container it may be next to nothing. */
const LEAST_BYTES = 1024 ** 3;

const isUsable = (): boolean => {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize >= LEAST_BYTES;
  } catch {
    // It is not there, or not for us: then the disk does.
    return false;
  }
};

let found: string | undefined;

/**
 * The folder for databases of tests, and for what only processes of this machine read: in memory where that can be, because a database waits
 * for the disk at each commit, which is half of the time of its tests. What containers mount goes among the temporary files.
 */
export const memoryFolder = (): string => (found ??= isUsable() ? IN_MEMORY : tmpdir());
