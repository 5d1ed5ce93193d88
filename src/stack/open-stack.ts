import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '#engine/state/state-folder.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { SERVICES } from '#engine/engine.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { ok } from '#infra/apperr/result.ts';
import { chooseEngine } from './engine/choose-engine.ts';
import { createEngine } from './engine/create-engine.ts';
import { dockerCandidate } from './engine/docker-candidate.ts';
import { lockStateFolder } from './lock.ts';
import { claimFreePorts } from './claims/free-ports.ts';
import { checkPorts, portsFrom, withDefaultPorts } from './ports.ts';
import { type LastStart, readLastStart, stateOf } from './record/last-start.ts';
import { readStackRecord, restoreStackRecord, writeStackRecord } from './record/stack-record.ts';
import { asSaved, beginWith } from './snapshot/begin-with.ts';
import { undoRestore } from './snapshot/restore-snapshot.ts';
import type { Stack } from './stack.ts';
import { type FullStackOptions, type StackOptions, type StackPorts, withDefaults } from './stack-options.ts';
import { tellOfFaults } from './tell-of-faults.ts';
import { tearDown } from './tear-down.ts';

/**
 * The stack of a state folder, on the engine that the options ask for; disposing of it lets go of engine and lock and leaves the
 * services as they are.
 *
 * @throws AppError `lock-held`; why a named engine cannot be had; `other-engine-runs` where the stack of the folder is up on another;
 * with a snapshot also `state-folder-in-use`, and why the snapshot cannot be used
 */
export const openStack = async (stated: StackOptions): Promise<Stack> => {
  const options = withDefaults(stated.snapshot === undefined ? stated : asSaved(stated, stated.snapshot));
  await using opened = new AsyncDisposableStack();
  if (options.holder !== undefined) opened.use(await lockStateFolder({ ...options, holder: options.holder }));
  const begin = options.snapshot === undefined || options.purpose !== 'start' ? null : await beginWith(options.snapshot, options);
  const [last, before] = await Promise.all([readLastStart(options.stateDir), readStackRecord(options.stateDir)]);
  tellOfLastStart(options, last);
  const { engine, ports } = await openEngine(options, last, opened);
  const leftover = options.purpose === 'remove' ? await openLeftover(options, last, { engine, opened }) : null;
  await tellOfFaults(engine, options);
  if (options.holder !== undefined && (await undoRestore(engine, options.stateDir))) options.warn(UNDONE);
  await begin?.(engine);
  const resources = opened.move();
  const startId = randomUUID();
  return {
    engine,
    startId,
    checkPorts: (users) => checkPorts(engine, users),
    recordStart: async () => {
      const { kind, profile } = engine;
      await writeStackRecord({
        engine: kind,
        stateDir: options.stateDir,
        portKms: ports.kms,
        portIdentity: ports.identity,
        portStep: ports.step,
        hosts: options.hosts ?? last.hosts,
        profile,
        startId,
      });
    },
    forgetStart: () => restoreStackRecord(options.stateDir, before),
    contents: async () => {
      const volumes = await Promise.all([engine, ...(leftover === null ? [] : [leftover])].map((each) => each.volumes()));
      return [...(await filesIn(options.stateDir)), ...volumes.flat().map((name) => `volume ${name}`)];
    },
    removeImages: () => (leftover ?? engine).removeImages(),
    tearDown: async (how) => {
      const first = await tearDown(engine, how);
      if (!first.ok || leftover === null) return first;
      const second = await tearDown(leftover, how);
      return second.ok ? ok([...first.value, ...second.value]) : second;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

const UNDONE = 'a restore that was cut off was undone: the stack has the data that it had before';

/** But for the lock, which is this command's own. */
const filesIn = async (stateDir: string): Promise<readonly string[]> => {
  const { path, lock } = stateFolder(stateDir);
  const names = await readdir(path).catch(missingIs([]));
  return names
    .map((name) => join(path, name))
    .filter((file) => file !== lock)
    .toSorted();
};

const openEngine = async (
  options: FullStackOptions,
  last: LastStart,
  opened: AsyncDisposableStack,
): Promise<{ readonly engine: StackEngine; readonly ports: StackPorts }> => {
  // Its code loads while the engine is looked for, which is mostly waiting.
  if (options.engine === 'docker') void Promise.allSettled([import('#engine/docker/docker.ts'), import('#engine/docker/api/connect.ts')]);
  const choice = orThrow(
    await chooseEngine({
      wanted: options.engine,
      purpose: options.purpose,
      embedded: await stateOf(last.embedded, options.stateDir),
      last: last.engine,
      knowsDocker: last.knowsDocker,
      docker: dockerCandidate(options),
    }),
  );
  const profile = options.profile ?? last.profile ?? 'demo';
  const at = (ports: StackPorts) => createEngine(choice, { ...options, ports, hosts: options.hosts ?? last.hosts, profile });
  const known = withDefaultPorts({ ...last.ports, ...(options.ports === 'free' ? {} : options.ports) });
  const engine = opened.use(await at(known));
  if (options.ports !== 'free' || options.purpose !== 'start') return { engine, ports: known };
  const claim = opened.use(await claimFor(engine, { options, ports: known }));
  const ports = portsFrom(claim.base);
  return { engine: claim.base === known.kms ? engine : opened.use(await at(ports)), ports };
};

/** Free ports, which are those of the last start, where that chose some and only its own services hold them. */
const claimFor = async (engine: StackEngine, { options, ports }: { readonly options: FullStackOptions; readonly ports: StackPorts }) => {
  const { kms, identity, step } = portsFrom(ports.kms);
  const areSuch = ports.identity === identity && ports.step === step;
  const areFree = async (): Promise<boolean> => (await engine.portConflicts([...SERVICES, 'partner'])).length === 0;
  return claimFreePorts({ holder: options.holder ?? 'start', preferred: areSuch ? { base: kms, areFree } : undefined });
};

const ENGINE_NAMES = { docker: 'Docker', embedded: 'the embedded engine' } as const;

/** Containers name the folder for which they were made; nobody looks for them by another path. */
const tellOfLastStart = ({ engine, purpose, stateDir, warn }: FullStackOptions, last: LastStart): void => {
  if (last.engine === 'docker' && last.movedFrom !== null) {
    warn(`${stateDir} was copied or moved from ${last.movedFrom}: what runs on Docker belongs to that path, and is left alone`);
  }
  if (purpose === 'look' || engine === 'auto' || last.engine === null || last.engine === engine) return;
  const said = `the stack of this state folder was last started on ${ENGINE_NAMES[last.engine]}`;
  warn(purpose === 'start' ? `${said}: its data stays there, and ${ENGINE_NAMES[engine]} does not see it` : said);
};

/**
 * The stack that the same folder once had on Docker, so that nothing of it stays. It is looked for where nobody stated an engine and
 * the stack is an embedded one; null where there never was one, or Docker cannot be asked, which is told.
 */
const openLeftover = async (
  options: FullStackOptions,
  last: LastStart,
  { engine, opened }: { readonly engine: StackEngine; readonly opened: AsyncDisposableStack },
): Promise<StackEngine | null> => {
  if (engine.kind === 'docker' || options.engine !== 'auto' || !last.knowsDocker) return null;
  try {
    return (await openEngine({ ...options, engine: 'docker', purpose: 'find' }, last, opened)).engine;
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    options.warn(`what this stack may have on Docker stays: ${thrown.message}`);
    return null;
  }
};
