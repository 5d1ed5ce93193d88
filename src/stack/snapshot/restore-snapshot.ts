import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt } from '#engine/attempt.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { type StateFolder, stateFolder } from '#engine/state/state-folder.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { fail, ok, type Result } from '#infra/apperr/result.ts';
import { syncFolder } from '#infra/files/sync-folder.ts';
import { checkSnapshot } from './check-snapshot.ts';
import type { Snapshot } from './format/snapshot.ts';
import { stageSnapshot } from './stage-snapshot.ts';
import { dataParts, isThere, moveParts, type StatePart, takeParts, tlsPart } from './state-parts.ts';

export interface RestoreOptions {
  readonly engine: StackEngine;
  readonly stateDir: string;
  readonly snapshot: Snapshot;
  /** Starts the servers and waits until they are well; null for a stack that was not up, and stays down. */
  readonly start: (() => Promise<Result<unknown>>) | null;
  readonly signal: AbortSignal;
}

/**
 * Puts the data of a snapshot in the place of those of a stack. They are checked first; the old ones stay aside until the stack is well
 * with the new ones, and come back when it is not. A restore that was killed is undone by the next command (`undoRestore`). The servers
 * are killed, not asked: nobody wants what they would still write. The caller holds the lock of the state folder.
 *
 *     restoring/        the new data, checked                    1. made    3. emptied    4. takes before-restore
 *     before-restore/   the old data, while the new are tried    2. made                  4. gone: the new data count
 *
 * @returns Failure `snapshot-damaged`, `snapshot-changed`, `snapshot-of-other-engine`, `snapshot-newer`, `snapshot-of-other-schema`; `restore-rolled-back`
 */
export const restoreSnapshot = async (options: RestoreOptions): Promise<Result<null>> => {
  const { engine, stateDir, snapshot, start } = options;
  const folder = stateFolder(stateDir);
  const staged = await attempt('restore-failed', 'reading the snapshot', async () => {
    checkSnapshot(snapshot, engine.kind);
    await rm(folder.restoring, { recursive: true, force: true });
    await mkdir(folder.restoring, { recursive: true, mode: 0o700 });
    await stageSnapshot(snapshot, folder.restoring, { durable: true });
    options.signal.throwIfAborted();
    return ok(null);
  });
  if (!staged.ok) {
    await rm(folder.restoring, { recursive: true, force: true });
    return staged.error.cause?.code.startsWith('snapshot-') === true ? { ok: false, error: staged.error.cause } : staged;
  }
  const tried = await attempt('restore-failed', `restoring ${snapshot.name ?? snapshot.folder}`, async () => {
    await exchange(engine, folder);
    return start === null ? ok(null) : start();
  });
  if (tried.ok) {
    await settle(folder);
    return ok(null);
  }
  await putBack(engine, folder);
  const again = start === null ? ok(null) : await attempt('start-failed', 'starting the servers with their old data', start);
  return fail('restore-rolled-back', 'the stack was not well with the data of the snapshot, so it has its old data again', {
    cause: tried.error,
    fix: again.ok ? tried.error.fix : 'It did not come up with these either: `passthru status` tells why.',
  });
};

/** Aborted before it begins: the servers are killed at once. */
const AT_ONCE = AbortSignal.abort();

const exchange = async (engine: StackEngine, folder: StateFolder): Promise<void> => {
  const signal = new AbortController().signal;
  orThrow(await engine.down({ services: ['identity', 'kms'], volumes: false, signal: AT_ONCE }));
  await mkdir(join(folder.beforeRestore, 'data'), { recursive: true, mode: 0o700 });
  await syncFolder(folder.path);
  orThrow(await engine.databases.moveTo(join(folder.beforeRestore, 'data'), signal));
  await moveParts(partsOf(engine, folder), folder.beforeRestore);
  // The secrets first: containers that are made for the databases get them.
  await takeParts(dataParts(folder), folder.restoring);
  if (!(await isThere(join(folder.tls, 'ca.pem')))) await takeParts([tlsPart(folder)], folder.restoring);
  orThrow(await engine.databases.takeFrom(join(folder.restoring, 'data'), signal));
};

/** Containers have copies of the secrets, which are made anew of the originals and must not be of others. */
const partsOf = ({ kind }: StackEngine, folder: StateFolder): readonly StatePart[] =>
  kind === 'docker' ? [...dataParts(folder), { path: folder.docker, name: 'docker' }] : dataParts(folder);

/** From the rename on, the new data count. */
const settle = async (folder: StateFolder): Promise<void> => {
  await rm(folder.restoring, { recursive: true, force: true });
  await rename(folder.beforeRestore, folder.restoring);
  await syncFolder(folder.path);
  await rm(folder.restoring, { recursive: true, force: true });
};

const putBack = async (engine: StackEngine, folder: StateFolder): Promise<void> => {
  orThrow(await engine.down({ services: ['identity', 'kms'], volumes: false, signal: AT_ONCE }));
  if (engine.kind === 'docker') await rm(folder.docker, { recursive: true, force: true });
  await takeParts(partsOf(engine, folder), folder.beforeRestore);
  orThrow(await engine.databases.takeFrom(join(folder.beforeRestore, 'data'), new AbortController().signal));
  await rm(folder.beforeRestore, { recursive: true, force: true });
  await rm(folder.restoring, { recursive: true, force: true });
};

/**
 * Undoes a restore that was killed before the stack was well, or has nothing to do. The caller holds the lock of the state folder.
 *
 * @returns whether there was one
 */
export const undoRestore = async (engine: StackEngine, stateDir: string): Promise<boolean> => {
  const folder = stateFolder(stateDir);
  if (!(await isThere(folder.beforeRestore))) return false;
  await putBack(engine, folder);
  return true;
};
