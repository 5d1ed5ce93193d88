import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DATABASE_PARTS } from '#engine/stack-engine.ts';
import { codeOf } from '#infra/apperr/system-error.ts';
import { copyFile } from '#infra/files/copy-file.ts';
import type { SnapshotFile } from './format/manifest.ts';
import { type Snapshot, snapshotChanged, snapshotDamaged } from './format/snapshot.ts';
import { isCurrent } from './store.ts';

/**
 * Copies the files of a snapshot into an empty folder, and checks every byte on the way: what is used is what was checked. The snapshot
 * may be of a state folder whose lock others have, and be removed or replaced meanwhile.
 *
 * @param options.durable whether the files are on the disk when this returns
 * @throws AppError `snapshot-damaged`, which names the file; `snapshot-changed`; the file system's error
 */
export const stageSnapshot = async (snapshot: Snapshot, folder: string, options: { readonly durable: boolean }): Promise<void> => {
  // A server without a database has an empty folder: nothing of an earlier one may stay.
  for (const part of DATABASE_PARTS) await mkdir(join(folder, 'data', part), { recursive: true, mode: 0o700 });
  const copies = await Promise.allSettled(snapshot.files.map((file) => stageFile(snapshot, file, folder, options.durable)));
  // All have ended before the first that failed is told: nothing writes here any more.
  const failed = copies.find((each) => each.status === 'rejected');
  if (failed === undefined) return;
  if (!(await isCurrent(snapshot))) throw snapshotChanged(snapshot);
  throw failed.reason;
};

const stageFile = async (snapshot: Snapshot, file: SnapshotFile, folder: string, durable: boolean): Promise<void> => {
  const source = join(snapshot.folder, file.path);
  const options = { mode: modeOf(file.path), durable, bytes: file.bytes };
  const copied = await copyFile(source, join(folder, file.path), options).catch((error: unknown) => {
    const why = DAMAGES[codeOf(error)];
    throw why === undefined ? error : snapshotDamaged(source, why);
  });
  if (copied.sha256 !== file.sha256) throw snapshotDamaged(source, CHANGED);
};

const CHANGED = 'is not as it was saved';

const DAMAGES: Readonly<Record<string, string>> = {
  ENOENT: 'is missing',
  ENOTDIR: 'is missing',
  ELOOP: 'is a link, where a file was saved',
  // A socket cannot even be opened.
  ENXIO: 'is no file, where one was saved',
  'not-a-file': 'is no file, where one was saved',
  'other-size': CHANGED,
};

/** Certificates are for everybody to read, as they are where they are made. */
const modeOf = (path: string): number => (path.endsWith('.pem') || path === 'config/tenants.json' ? 0o644 : 0o600);
