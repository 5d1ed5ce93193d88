import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { attempt } from '#engine/attempt.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { copyFile, readThrough } from '#infra/files/copy-file.ts';
import { syncFolder } from '#infra/files/sync-folder.ts';
import { packageVersion } from '#infra/process/package-version.ts';
import { readLastStart } from '#stack/record/last-start.ts';
import { KNOWN_SCHEMAS } from './known-schemas.gen.ts';
import { hashOf, type Manifest, manifestText, type SnapshotFile } from './format/manifest.ts';
import { MANIFEST_FILE, type Snapshot } from './format/snapshot.ts';
import { dataParts, isThere, tlsPart } from './state-parts.ts';
import { ASIDE, disown, findSnapshot, folderOf, makeStore, recordOf, removeUnnamed } from './store.ts';

export interface SaveOptions {
  readonly engine: StackEngine;
  readonly stateDir: string;
  /** As `isSnapshotName` wants it. */
  readonly name: string;
  /** Whether one of this name gives way. */
  readonly replace: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

export interface SavedSnapshot {
  readonly snapshot: Snapshot;
  /** For so many milliseconds writers may have waited. */
  readonly heldMs: number;
  /** Whether the services were stopped meanwhile, and are to be started again by the caller. */
  readonly stopped: boolean;
}

/**
 * Saves the data of a stack, running or not, as they are at one moment. It is written aside and gets its name last: whenever this is
 * killed, there is the old snapshot of that name or the new one. The caller holds the lock of the state folder.
 *
 * @returns Failure `snapshot-exists`, `nothing-to-save`, `snapshot-not-saved`
 */
export const saveSnapshot = (options: SaveOptions): Promise<Result<SavedSnapshot>> =>
  attempt('snapshot-not-saved', `saving the snapshot ${options.name}`, async () => {
    const { engine, stateDir, name, replace, signal } = options;
    if (!replace && (await isThere(recordOf(stateDir, name)))) {
      return fail('snapshot-exists', `there is a snapshot ${name} already`, { fix: 'Choose another name, or replace it with --replace.' });
    }
    if (!(await engine.holdsData('identity')) && !(await engine.holdsData('kms'))) {
      return fail('nothing-to-save', `the stack of ${stateDir} has no data`, {
        fix: 'Bring it up first, for example with `passthru demo all`.',
      });
    }
    const store = await makeStore(stateDir);
    await removeUnnamed(stateDir);
    const aside = join(store, `${ASIDE}${randomBytes(6).toString('hex')}`);
    try {
      await mkdir(aside, { mode: 0o700 });
      await mkdir(join(aside, 'data'), { mode: 0o700 });
      const copied = await engine.databases.copyTo(join(aside, 'data'), signal);
      if (!copied.ok) return copied;
      signal.throwIfAborted();
      await nameIt(options, aside, await filesOf(options, aside));
      return ok({ snapshot: await findSnapshot(stateDir, name), ...copied.value });
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  });

/** Copies the rest beside the databases, and answers what there is. */
const filesOf = async ({ stateDir }: SaveOptions, aside: string): Promise<readonly SnapshotFile[]> => {
  const folder = stateFolder(stateDir);
  const databases = await Promise.all(
    (await filesBelow(join(aside, 'data'))).map(async (file) => ({
      path: `data/${file}`,
      ...(await readThrough(join(aside, 'data', file), nowhere)),
    })),
  );
  const rest = await Promise.all(
    [...dataParts(folder), tlsPart(folder)].map(async ({ path, name }) => {
      const files = await filesBelow(path);
      return Promise.all(
        files.map(async (file) => {
          const named = file === '' ? name : `${name}/${file}`;
          return { path: named, ...(await copyFile(join(path, file), join(aside, named), { mode: 0o600, durable: true })) };
        }),
      );
    }),
  );
  return [...databases, ...rest.flat()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
};

const nowhere = (): Promise<void> => Promise.resolve();

/** Relative paths of the files below a folder, with `/`; the empty path for a file itself, none where nothing is there. What begins with a dot is in the making. */
const filesBelow = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return null;
    return missingIs([])(error);
  });
  if (entries === null) return [''];
  const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(path, join(entry.parentPath, entry.name)));
  return files.map((file) => file.replaceAll(sep, '/')).filter((file) => !file.split('/').some((part) => part.startsWith('.')));
};

/** From here on it is there: the folder under its hash, then the record under its name. */
const nameIt = async (options: SaveOptions, aside: string, files: readonly SnapshotFile[]): Promise<void> => {
  const { engine, stateDir, name, now } = options;
  const { hosts } = await readLastStart(stateDir);
  const manifest: Manifest = {
    savedAt: new Date(now()).toISOString(),
    engine: engine.kind,
    profile: engine.profile,
    hosts,
    version: packageVersion(),
    schemas: KNOWN_SCHEMAS,
    files,
  };
  const text = manifestText(manifest);
  await writeFileAtomic(join(aside, MANIFEST_FILE), text, { mode: 0o600 });
  const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  for (const folder of [...folders, '']) await syncFolder(join(aside, folder));
  await disown(stateDir, name);
  const target = folderOf(stateDir, hashOf(manifest));
  await rm(target, { recursive: true, force: true });
  await rename(aside, target);
  await syncFolder(stateFolder(stateDir).snapshots);
  await writeFileAtomic(recordOf(stateDir, name), text, { mode: 0o600 });
  await removeUnnamed(stateDir);
};

/** `a/b/c` → `a/b`, `a`. */
const foldersAbove = (path: string): readonly string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'));
};
