import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { failureFrom, ok, type Result } from '#infra/apperr/result.ts';
import { restoreSnapshot } from '#stack/snapshot/restore-snapshot.ts';
import { saveSnapshot } from '#stack/snapshot/save-snapshot.ts';
import { isSnapshotName, SNAPSHOT_NAME_FORM } from '#infra/magic/snapshot-name.ts';
import type { Snapshot } from '#stack/snapshot/format/snapshot.ts';
import { findSnapshot } from '#stack/snapshot/store.ts';
import { failedByStart } from './failed-from.ts';

type SaveOptions = Parameters<typeof saveSnapshot>[0];

export interface SnapshotsOptions extends Omit<SaveOptions, 'name' | 'replace'> {
  /** The data with which the stack started; null where it was seeded. */
  readonly start: Snapshot | null;
  /** Starts what does not run, and waits until all is healthy. */
  readonly healthy: () => Promise<void>;
}

/** The snapshots of one running stack, in its own folder. */
export interface Snapshots {
  /** Saves the data with which the stack starts. */
  saveStart(): Promise<Snapshot>;
  /** @throws AppError `snapshot-name-invalid`; as `saveSnapshot` fails */
  save(name: string): Promise<Snapshot>;
  /**
   * @param name null for the data with which the stack started
   * @throws as `findSnapshot`; as `restoreSnapshot` fails, with the end of the log of the part that was not well with the data
   */
  restore(name: string | null): Promise<void>;
}

/** The name of the data with which a stack started. */
const START = 'passthru-start';

export const snapshotsOf = ({ start: from, healthy, ...options }: SnapshotsOptions): Snapshots => {
  const { engine, stateDir, signal } = options;
  let start = from;

  const save = async (name: string): Promise<Result<Snapshot>> => {
    const saved = await saveSnapshot({ ...options, name, replace: true });
    if (!saved.ok) return saved;
    if (saved.value.stopped) await healthy();
    return ok(saved.value.snapshot);
  };
  const restore = async (snapshot: Snapshot): Promise<void> => {
    // A later start, with the data of before, explains nothing.
    let first: unknown = null;
    const start = async (): Promise<Result<null>> => {
      try {
        await healthy();
        return ok(null);
      } catch (thrown) {
        first ??= thrown;
        return { ok: false, error: failureFrom(thrown) };
      }
    };
    const restored = await restoreSnapshot({ engine, stateDir, snapshot, start, signal });
    if (!restored.ok) throw failedByStart(restored.error, first);
  };

  return {
    saveStart: async () => (start = orThrow(await save(START))),
    save: async (name) => {
      if (!isSnapshotName(name) || name === START)
        throw new AppError('snapshot-name-invalid', 400, `${JSON.stringify(name)} cannot be the name of a snapshot`, {
          fix: `Choose ${SNAPSHOT_NAME_FORM}${name === START ? `, and not ${START}` : ''}.`,
        });
      return orThrow(await save(name));
    },
    restore: async (name) => {
      const snapshot = name === null ? start : await findSnapshot(stateDir, name).catch(neverSaved(name));
      if (snapshot === null) throw new InternalError('the data with which the stack started were not saved');
      await restore(snapshot);
    },
  };
};

/** The names are those of this stack; a command that lists others would not help. */
const neverSaved =
  (name: string) =>
  (error: unknown): never => {
    if (!(error instanceof AppError) || error.code !== 'snapshot-unknown') throw error;
    throw new AppError(error.code, error.status, `this stack has no snapshot ${name}`, {
      fix: `Make it first: \`stack.snapshot('${name}')\`.`,
    });
  };
