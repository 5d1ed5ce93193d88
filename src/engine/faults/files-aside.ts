import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';

/** Files of a state folder that are moved out of the way and come back: a rename each, so that none is ever there twice or not at all. */
export interface FilesAside {
  /** Moves these away; those that are not there are left out. */
  take(files: readonly string[]): Promise<void>;
  /** Puts all of them back, over whatever took their place. */
  putBack(): Promise<void>;
}

export const filesAside = ({ path, drill }: Pick<StateFolder, 'path' | 'drill'>): FilesAside => {
  const folder = join(drill, 'aside');
  return {
    take: async (files) => {
      for (const file of files) {
        const aside = join(folder, relative(path, file));
        await mkdir(dirname(aside), { recursive: true, mode: 0o700 });
        await rename(file, aside).catch(missingIs(undefined));
      }
    },
    putBack: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(missingIs([]));
      for (const entry of entries.filter((each) => each.isFile())) {
        const aside = join(entry.parentPath, entry.name);
        await rename(aside, join(path, relative(folder, aside)));
      }
    },
  };
};
