import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';

/** Files of a state folder that are moved out of the way and come back: a rename each, so that none is ever there twice or not at all. */
export interface FilesAside {
  /** Whether some are still away, after a repair that did not come to its end, for example. */
  areAway(): Promise<boolean>;
  /** Moves these away; those that are not there are left out. None may be away: they would be lost. */
  take(files: readonly string[]): Promise<void>;
  /** Puts all of them back, over whatever took their place. */
  putBack(): Promise<void>;
}

export const filesAside = ({ path, drill }: Pick<StateFolder, 'path' | 'drill'>): FilesAside => {
  const folder = join(drill, 'aside');
  const away = async (): Promise<readonly string[]> => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(missingIs([]));
    return entries.filter((each) => each.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  };
  return {
    areAway: async () => (await away()).length > 0,
    take: async (files) => {
      for (const file of files) {
        const aside = join(folder, relative(path, file));
        await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
        await rename(file, aside).catch(missingIs(undefined));
      }
    },
    putBack: async () => {
      for (const aside of await away()) await rename(aside, join(path, relative(folder, aside)));
    },
  };
};
