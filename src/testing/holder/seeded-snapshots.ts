import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Engine, Profile } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { closedToOthers } from '#infra/files/own-folder.ts';
import { packageVersion } from '#infra/process/package-version.ts';
import { lockStateFolder } from '#stack/lock.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';
import { KNOWN_SCHEMAS } from '#stack/snapshot/known-schemas.gen.ts';
import { manifestText } from '#stack/snapshot/format/manifest.ts';
import { MANIFEST_FILE, type Snapshot } from '#stack/snapshot/format/snapshot.ts';
import { stageSnapshot } from '#stack/snapshot/stage-snapshot.ts';
import { findSnapshot } from '#stack/snapshot/store.ts';

/** All that makes one seeded stack different from another of the same version. */
export interface SeedKind {
  readonly engine: Engine['kind'];
  readonly profile: Profile;
  readonly hosts: readonly string[];
  readonly services: readonly string[];
}

/** A seeded stack that is there; or the right, for one process at a time, to make it. */
export type Seeded = { readonly snapshot: Snapshot } | ({ readonly store: (saved: Snapshot) => Promise<void> } & AsyncDisposable);

export interface SeededSnapshots {
  /** The snapshot of a seeded stack; while another process makes it, it is waited for. */
  find(kind: SeedKind, signal: AbortSignal): Promise<Seeded>;
  /** Takes away one whose files are not as they were stored. */
  discard(snapshot: Snapshot): Promise<void>;
}

/** Between two looks whether another process has made it, milliseconds. */
const LOOK_MS = 200;
/** One that no start has used for so many milliseconds, 30 days, is of a version that nobody has any more. */
const UNUSED_MS = 30 * 24 * 3_600_000;

/**
 * Seeded stacks of this user, to begin others with: a folder each, under a hash of all that goes into it. Each is written aside and
 * renamed, so it is there as a whole or not at all.
 *
 * @param options.folder absolute; made where it is not there
 */
export const seededSnapshots = (options: {
  readonly folder: string;
  readonly now: () => number;
  /** Hears what is waited for, and what is made anew. */
  readonly remark: (line: string) => void;
}): SeededSnapshots => {
  const { folder, now, remark } = options;

  const lookFor = async (key: string): Promise<Snapshot | null> => {
    try {
      const found = await findSnapshot(folder, join(folder, key));
      await utimes(found.folder, now() / 1_000, now() / 1_000);
      return found;
    } catch (error) {
      if (error instanceof AppError && error.code === 'snapshot-unknown') return null;
      if (!(error instanceof AppError && error.code === 'snapshot-damaged')) throw error;
      await remove(join(folder, key));
      return null;
    }
  };

  const remove = async (path: string): Promise<void> => {
    // Nobody finds half of it.
    const aside = join(folder, `.${randomBytes(6).toString('hex')}`);
    await rename(path, aside).catch(missingIs(undefined));
    await rm(aside, { recursive: true, force: true });
  };

  const store = async (key: string, saved: Snapshot): Promise<void> => {
    const aside = join(folder, `.${randomBytes(6).toString('hex')}`);
    try {
      await closedToOthers(aside);
      await stageSnapshot(saved, aside, { durable: true });
      await writeFileAtomic(join(aside, MANIFEST_FILE), manifestText(saved), { mode: 0o600 });
      await rename(aside, join(folder, key));
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    await removeUnused();
  };

  /** Locks of makers, and what a killed one left, are not touched while they may be in use. */
  const removeUnused = async (): Promise<void> => {
    for (const name of await readdir(folder)) {
      const { mtimeMs } = await stat(join(folder, name)).catch(missingIs({ mtimeMs: Infinity }));
      if (now() - mtimeMs > UNUSED_MS) await remove(join(folder, name));
    }
  };

  return {
    find: async (kind, signal) => {
      await closedToOthers(folder);
      const key = await keyOf(kind);
      for (let looks = 0; ; looks += 1) {
        signal.throwIfAborted();
        const found = await lookFor(key);
        if (found !== null) return { snapshot: found };
        const lock = await lockStateFolder({
          stateDir: join(folder, `${key}.making`),
          holder: 'seeding',
          now,
          warn: () => undefined,
        }).catch(heldIsNull);
        if (lock === null) {
          if (looks === 0) remark('waiting for another start, which seeds the data that all begin with');
          await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
          continue;
        }
        const made = await lookFor(key);
        if (made === null) return { store: (saved) => store(key, saved), [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() };
        await lock[Symbol.asyncDispose]();
      }
    },
    discard: async (snapshot) => {
      remark(`! the seeded data in ${snapshot.folder} are not as they were stored, and are made anew`);
      await remove(snapshot.folder);
    },
  };
};

const heldIsNull = (error: unknown): null => {
  if (error instanceof AppError && error.code === 'lock-held') return null;
  throw error;
};

/** Hash of the version, the schemas, the configuration and the seed, and of the kind: first 16 characters, hexadecimal. */
const keyOf = async (kind: SeedKind): Promise<string> => {
  const hash = createHash('sha256').update(JSON.stringify([packageVersion(), KNOWN_SCHEMAS, kind]));
  for (const product of ['identity', 'kms']) {
    const folder = join(PACKAGE_ROOT, 'deployments', product, 'config');
    for (const name of (await readdir(folder)).toSorted()) hash.update(`\n${product}/${name}\n`).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
};
