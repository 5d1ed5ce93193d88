import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { stateFolder } from '#engine/state/state-folder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { nearest } from '#infra/config/issues.ts';
import { hasCode, missingIs } from '#infra/apperr/system-error.ts';
import { readThrough } from '#infra/files/copy-file.ts';
import { closedToOthers } from '#infra/files/own-folder.ts';
import { syncFolder } from '#infra/files/sync-folder.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { hashOf, type Manifest, parseManifest } from './format/manifest.ts';
import { MANIFEST_FILE, type Snapshot, snapshotDamaged } from './format/snapshot.ts';
import { isSnapshotName, isSnapshotPath } from '#infra/magic/snapshot-name.ts';
import { isThere } from './state-parts.ts';

/** Characters of the hash that name the folder of a snapshot. */
const FOLDER_CHARACTERS = 16;
/** Of a folder that a save has not finished. */
export const ASIDE = '.saving-';

const folderName = (hash: string): string => hash.slice(0, FOLDER_CHARACTERS);

export const folderOf = (stateDir: string, hash: string): string => join(stateFolder(stateDir).snapshots, folderName(hash));

export const recordOf = (stateDir: string, name: string): string => join(stateFolder(stateDir).snapshots, `${name}.json`);

/**
 * Makes the folder of the snapshots, closed to other users, and hides it from Git by a file of its own: it stays when the stack is removed.
 *
 * @throws AppError as `closedToOthers`; the file system's error
 */
export const makeStore = async (stateDir: string): Promise<string> => {
  const { snapshots } = stateFolder(stateDir);
  await closedToOthers(snapshots);
  await writeGitignore(snapshots);
  return snapshots;
};

const GITIGNORE = '.gitignore';

const writeGitignore = (snapshots: string): Promise<void> => writeFileAtomic(join(snapshots, GITIGNORE), '*\n', { durable: false });

const describe = (manifest: Manifest, name: string | null, folder: string): Snapshot => ({
  ...manifest,
  name,
  hash: hashOf(manifest),
  bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
  folder,
});

/** A snapshot that cannot be read, by its name. */
export interface DamagedSnapshot {
  readonly name: string;
  readonly damaged: true;
}

/** Every snapshot of a state folder, the oldest first. One whose record makes no sense is told as such; files are not read. */
export const listSnapshots = async (stateDir: string): Promise<readonly (Snapshot | DamagedSnapshot)[]> => {
  const { snapshots } = stateFolder(stateDir);
  const names = (await readdir(snapshots).catch(missingIs<string[]>([])))
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'))
    .filter(isSnapshotName);
  const found = await Promise.all(
    names.map(async (name) => {
      const text = await readRecord(recordOf(stateDir, name)).catch(missingIs(null));
      if (text === null) return [];
      const manifest = parseManifest(text);
      return manifest === null ? [{ name, damaged: true } as const] : [describe(manifest, name, folderOf(stateDir, hashOf(manifest)))];
    }),
  );
  const savedAt = (each: Snapshot | DamagedSnapshot): string => ('savedAt' in each ? each.savedAt : '');
  return found.flat().toSorted((a, b) => savedAt(a).localeCompare(savedAt(b)) || (a.name ?? '').localeCompare(b.name ?? ''));
};

/**
 * The snapshot that a name of this state folder means, or a path: of the folder of one (`/srv/seeded`), or of another state folder's
 * snapshots and its name there (`../other/.passthru/snapshots/seeded`).
 *
 * @throws AppError `snapshot-unknown`, `snapshot-damaged`
 */
export const findSnapshot = async (stateDir: string, wanted: string): Promise<Snapshot> => {
  const isPath = isSnapshotPath(wanted);
  const path = isPath ? resolve(wanted) : join(stateFolder(stateDir).snapshots, wanted);
  const folder = isPath ? await readManifest(join(path, MANIFEST_FILE)) : null;
  if (folder !== null) return describe(folder, null, path);
  const named = isSnapshotName(basename(path)) && (isPath || isSnapshotName(wanted)) ? await readManifest(`${path}.json`) : null;
  if (named === null) throw await unknown(stateDir, wanted, isPath);
  return describe(named, basename(path), join(dirname(path), folderName(hashOf(named))));
};

/** Whether a snapshot is still that of its name, or of its folder where it was named by that. */
export const isCurrent = async ({ name, folder, hash }: Snapshot): Promise<boolean> => {
  const manifest = await readManifest(name === null ? join(folder, MANIFEST_FILE) : join(dirname(folder), `${name}.json`));
  return manifest !== null && hashOf(manifest) === hash;
};

const readManifest = async (file: string): Promise<Manifest | null> => {
  const text = await readRecord(file).catch(missingIs(null));
  const manifest = text === null ? null : parseManifest(text);
  if (text !== null && manifest === null) throw snapshotDamaged(file, 'is not as it was written');
  return manifest;
};

/** The text of a record; empty, which is that of none, where something else than a file is in its place: a pipe would be waited for. */
const readRecord = async (file: string): Promise<string> => {
  const pieces: Buffer[] = [];
  try {
    // The next piece is read into the same memory.
    await readThrough(file, async (chunk) => pieces.push(Buffer.from(chunk)));
  } catch (error) {
    if (!hasCode(error, 'not-a-file', 'ELOOP', 'ENXIO')) throw error;
  }
  return Buffer.concat(pieces).toString('utf8');
};

const unknown = async (stateDir: string, wanted: string, isPath: boolean): Promise<AppError> => {
  if (isPath) {
    return new AppError('snapshot-unknown', 404, `there is no snapshot at ${resolve(wanted)}`, {
      fix: `Name the folder that has the ${MANIFEST_FILE} of a snapshot, or \`<state folder>/snapshots/<name>\`.`,
    });
  }
  const names = (await listSnapshots(stateDir)).flatMap(({ name }) => name ?? []);
  const meant = nearest(wanted, names);
  const there = meant === undefined ? `There is ${names.join(', ')}.` : `Did you mean ${meant}?`;
  return new AppError('snapshot-unknown', 404, `there is no snapshot ${wanted} in ${stateFolder(stateDir).snapshots}`, {
    fix: names.length === 0 ? 'There is none yet: `passthru snapshot save <name>` makes one.' : there,
  });
};

/**
 * Removes folders that no record names: those of snapshots that were disowned, and of saves that were killed. One that is a snapshot by
 * itself was put there by somebody, and stays.
 */
export const removeUnnamed = async (stateDir: string): Promise<void> => {
  const { snapshots } = stateFolder(stateDir);
  const listed = await listSnapshots(stateDir);
  // What a record that cannot be read names is not known.
  if (listed.some((each) => 'damaged' in each)) return;
  const named = new Set(listed.map((each) => ('folder' in each ? basename(each.folder) : '')));
  for (const name of await readdir(snapshots).catch(missingIs<string[]>([]))) {
    const isOurs = name.startsWith(ASIDE) || new RegExp(`^[0-9a-f]{${FOLDER_CHARACTERS}}$`).test(name);
    const isLeft = isOurs && !named.has(name) && (name.startsWith(ASIDE) || !(await isThere(join(snapshots, name, MANIFEST_FILE))));
    if (isLeft) await rm(join(snapshots, name), { recursive: true, force: true });
  }
};

/**
 * Before the record of a snapshot goes, or gives way to another one: makes its folder no snapshot by itself, so that it goes, too, with the
 * record or, after a kill, with the next command. Not where another name means the same folder.
 */
export const disown = async (stateDir: string, name: string): Promise<void> => {
  // A record that is damaged mostly still says which folder it means.
  const [, hash] = /"hash": "([0-9a-f]{64})"/.exec(await readRecord(recordOf(stateDir, name)).catch(missingIs(''))) ?? [];
  if (hash === undefined) return;
  const folder = folderOf(stateDir, hash);
  const others = (await listSnapshots(stateDir)).filter((each) => each.name !== name);
  if (others.some((each) => 'folder' in each && each.folder === folder)) return;
  await rm(join(folder, MANIFEST_FILE), { force: true });
};

/**
 * Removes a snapshot: its record first, so that one that is half removed is not there. With the last one goes the folder of all. The
 * caller holds the lock of the state folder.
 *
 * @throws AppError `snapshot-unknown`; the file system's error
 */
export const removeSnapshot = async (stateDir: string, name: string): Promise<void> => {
  const { snapshots } = stateFolder(stateDir);
  const listed = await listSnapshots(stateDir);
  if (!listed.some((each) => each.name === name)) throw await unknown(stateDir, name, false);
  await disown(stateDir, name);
  await rm(recordOf(stateDir, name), { force: true });
  await syncFolder(snapshots);
  await removeUnnamed(stateDir);
  if (listed.length > 1) return;
  await rm(join(snapshots, GITIGNORE), { force: true });
  await rmdir(snapshots).catch((error: unknown) => {
    // Others put something there.
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
    return writeGitignore(snapshots);
  });
};
