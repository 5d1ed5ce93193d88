import { AppError } from '#infra/apperr/app-error.ts';
import type { Manifest } from './manifest.ts';

/**
 * A snapshot: the data of a whole stack (databases of KMS and Identity, secrets that open them, ids of the demo tenants, certificates)
 * under one hash.
 *
 *     snapshots/<name>.json   what it is; written last, as a whole, so that a snapshot is there or it is not
 *     snapshots/<hash>/       its files, and `snapshot.json`, the same text: such a folder is a snapshot wherever it is copied to
 *
 * `store.ts` finds, lists and removes them; `save-snapshot.ts` makes one, `restore-snapshot.ts` puts one in the place of the data of a
 * stack, and `open-from-snapshot.ts` begins a new stack with one.
 */
export interface Snapshot extends Manifest {
  /** Null for a folder that was named by its path. */
  readonly name: string | null;
  readonly hash: string;
  /** Of all files together. */
  readonly bytes: number;
  /** Absolute. */
  readonly folder: string;
}

export const MANIFEST_FILE = 'snapshot.json';

export const snapshotDamaged = (what: string, why: string): AppError =>
  new AppError('snapshot-damaged', 409, `${what} ${why}`, {
    fix: 'Save it anew, or bring the file back from a backup; nothing was changed by this command.',
  });

/** Its files were read while another command removed it, or saved another one in its place. */
export const snapshotChanged = ({ name, folder }: Snapshot): AppError =>
  new AppError('snapshot-changed', 409, `the snapshot ${name ?? folder} was removed or replaced while it was read`, {
    fix: 'Try again with one that is there now: `passthru snapshot list`.',
  });
