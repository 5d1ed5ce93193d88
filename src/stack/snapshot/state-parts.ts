import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StateFolder } from '#engine/state/state-folder.ts';
import { stateFiles } from '#engine/files/state-files.ts';
import { missingIs } from '#infra/apperr/system-error.ts';

/** Folders and files of a state folder that belong to its data, beside the databases: where each lies, and what it is called in a snapshot. */
export interface StatePart {
  readonly path: string;
  readonly name: string;
}

/** The secrets that open the data, and the ids of the demo tenants that are in them. */
export const dataParts = (folder: StateFolder): readonly StatePart[] => [
  { path: folder.secrets, name: 'secrets' },
  { path: stateFiles(folder).tenants, name: 'config/tenants.json' },
];

/** Certificates are no data: a stack that has some keeps them, so that everybody who trusts its CA still does. */
export const tlsPart = (folder: StateFolder): StatePart => ({ path: folder.tls, name: 'tls' });

export const isThere = async (path: string): Promise<boolean> => (await lstat(path).catch(missingIs(null))) !== null;

/** Moves parts out of a state folder, into another folder; what is not there is left out. */
export const moveParts = async (parts: readonly StatePart[], to: string): Promise<void> => {
  for (const { path, name } of parts) if (await isThere(path)) await move(path, join(to, name));
};

/** Moves parts from a folder into the place of those that are there. It may be called again after it was cut off. */
export const takeParts = async (parts: readonly StatePart[], from: string): Promise<void> => {
  for (const { path, name } of parts) {
    if (!(await isThere(join(from, name)))) continue;
    await rm(path, { recursive: true, force: true });
    await move(join(from, name), path);
  }
};

const move = async (from: string, to: string): Promise<void> => {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await rename(from, to);
};
