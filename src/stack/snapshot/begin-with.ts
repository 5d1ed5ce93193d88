import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StackEngine } from '#engine/stack-engine.ts';
import { makeStateFolder, stateFolder } from '#engine/state/state-folder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { shellWord } from '#infra/apperr/shell-word.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import type { FullStackOptions, StackOptions } from '../stack-options.ts';
import { checkSnapshot } from './check-snapshot.ts';
import type { Snapshot } from './format/snapshot.ts';
import { stageSnapshot } from './stage-snapshot.ts';
import { dataParts, isThere, takeParts, tlsPart } from './state-parts.ts';

/** The options of a stack that begins with a snapshot: whatever is not stated is as it was when that was saved. */
export const asSaved = (stated: StackOptions, snapshot: Snapshot): StackOptions => {
  const { engine = 'auto', hosts = snapshot.hosts, profile = snapshot.profile } = stated;
  return { ...stated, hosts, profile, engine: engine === 'auto' ? snapshot.engine : engine };
};

/**
 * Fills a state folder that has no stack with secrets, certificates and tenants of a snapshot; the function that comes back puts the
 * databases into their place. Nothing of it waits for the disk: what a killed run leaves is no stack. The caller holds the lock.
 *
 * @throws AppError `state-folder-in-use`; as `checkSnapshot` and `stageSnapshot`
 */
export const beginWith = async (
  snapshot: Snapshot,
  { stateDir, engine, warn, signal }: Pick<FullStackOptions, 'stateDir' | 'engine' | 'warn' | 'signal'>,
): Promise<(engine: StackEngine) => Promise<void>> => {
  const folder = stateFolder(stateDir);
  checkSnapshot(snapshot, engine === 'auto' ? snapshot.engine : engine);
  if ((await isThere(folder.secrets)) || (await isThere(folder.data)) || (await isThere(folder.docker))) throw inUse(stateDir, snapshot);
  await rm(folder.restoring, { recursive: true, force: true });
  await mkdir(folder.restoring, { recursive: true, mode: 0o700 });
  await stageSnapshot(snapshot, folder.restoring, { durable: false });
  await takeParts([...dataParts(folder), tlsPart(folder)], folder.restoring);
  await makeStateFolder(folder, warn);
  return async (opened) => {
    orThrow(await opened.databases.takeFrom(join(folder.restoring, 'data'), signal));
    await rm(folder.restoring, { recursive: true, force: true });
  };
};

const inUse = (stateDir: string, { name, folder }: Snapshot): AppError =>
  new AppError('state-folder-in-use', 409, `the state folder ${stateDir} has a stack already`, {
    fix: `Name another one with --state-dir, or put the data into this one: \`passthru snapshot restore ${shellWord(name ?? folder)}\`.`,
  });
