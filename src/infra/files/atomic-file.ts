import { randomBytes } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './sync-folder.ts';

export interface AtomicWriteOptions {
  /** Permission bits; 0o644 by default. */
  readonly mode?: number;
  /** Whether the bytes are forced to the disk before the rename; default true. False for what can be made again. */
  readonly durable?: boolean;
  /** User and group that the file belongs to from the start, by number; the writer by default. Another one takes root. */
  readonly owner?: number | undefined;
  /** Replace what is there; default true. False fails with `EEXIST` instead, also when another process was faster. */
  readonly replace?: boolean;
}

/**
 * Writes a file aside and renames it over the old one: a reader, or a crash, sees the old text or the new one, never a part.
 *
 * @throws the file system's error; nothing is left behind then
 */
export const writeFileAtomic = async (
  path: string,
  text: string | Uint8Array | AsyncIterable<string>,
  options: AtomicWriteOptions = {},
): Promise<void> => {
  const { mode = 0o644, durable = true, owner, replace = true } = options;
  const aside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const file = await open(aside, 'wx', mode);
    try {
      await file.writeFile(text);
      // The umask may have taken bits away that the caller asked for.
      await file.chmod(mode);
      if (owner !== undefined) await file.chown(owner, owner);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    if (replace) {
      await rename(aside, path);
    } else {
      // Unlike a rename, a hard link never replaces.
      await link(aside, path);
      await rm(aside);
    }
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  // The rename itself is durable only once the folder is.
  if (durable) await syncFolder(dirname(path));
};
