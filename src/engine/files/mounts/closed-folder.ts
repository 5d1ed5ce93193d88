import { chmod, lstat, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { closedToOthers, FOLDER_MODE, notA, ownFolder, refuseOthers } from '#infra/files/own-folder.ts';

/** The folder keeps other users out; the files in it are for whichever user a container runs as. */
const FILE_MODE = 0o444;

/** A folder of secrets for containers: `<target>/<product>/secrets`. */
export interface ClosedFolder {
  readonly path: string;
  /**
   * Puts a file in its place as a whole; a file with the same text is left untouched. It does not wait for the disk: the file can be made
   * again.
   */
  write(name: string, text: string): Promise<void>;
  /**
   * Does the same for a secret under which data is sealed: it is on the disk when this returns, and where there was no file none is
   * replaced.
   *
   * @throws `EEXIST` when somebody else put another there at the same time
   */
  writeSealing(name: string, text: string): Promise<void>;
  /** Removes all files but these, and answers with their names. */
  keepOnly(names: readonly string[]): Promise<readonly string[]>;
}

/**
 * Makes the folder, or takes one that is there when nobody else can have put anything into it.
 *
 * @param target the folder of all products; it and the product's must be ours, too
 * @throws AppError `folder-not-ours`, `folder-open`, `not-a-folder`, `not-a-file`; the file system's error
 */
export const closedFolder = async (target: string, path: string): Promise<ClosedFolder> => {
  await mkdir(target, { recursive: true, mode: FOLDER_MODE });
  refuseOthers(target, await stat(target));
  await ownFolder(dirname(path));
  await closedToOthers(path);
  for (const entry of await readdir(path, { withFileTypes: true })) if (!entry.isFile()) throw notA('file', join(path, entry.name));
  return folderAt(path);
};

const folderAt = (path: string): ClosedFolder => {
  const read = (name: string) => readFile(join(path, name), 'utf8').catch(missingIs(null));
  const write = async (name: string, text: string, { durable, keepsRivals }: { durable: boolean; keepsRivals: boolean }): Promise<void> => {
    const [file, there] = [join(path, name), await read(name)];
    if (there !== text) return writeFileAtomic(file, text, { mode: FILE_MODE, durable, replace: !(keepsRivals && there === null) });
    if (((await lstat(file)).mode & 0o777) !== FILE_MODE) await chmod(file, FILE_MODE);
  };
  return {
    path,
    write: (name, text) => write(name, text, { durable: false, keepsRivals: false }),
    writeSealing: (name, text) => write(name, text, { durable: true, keepsRivals: true }),
    keepOnly: async (names) => {
      const others = (await readdir(path)).filter((name) => !names.includes(name));
      await Promise.all(others.map((name) => rm(join(path, name))));
      return others;
    },
  };
};
