import { join } from 'node:path';
import type { DockerConnection } from '#engine/docker/connection/context.ts';
import type { Engine } from '#engine/engine.ts';
import { acquireLock } from '#engine/state/lock.ts';
import { isAlive } from '#engine/state/process-identity.ts';
import { readRunFile, type RunRecords } from '#engine/state/run-file.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Failure } from '#infra/apperr/result.ts';
import { type Choice, chooseEngine, type ChooseOptions, type StackState } from './engine/choose-engine.ts';
import { dockerDoor } from './engine/docker-door.ts';
import { readStackRecord, type StackRecord, writeStackRecord } from './engine/stack-record.ts';
import type { Options } from './options.ts';
import { tell } from './reporters/answer.ts';
import type { Session } from './session.ts';

/** The folder of our package.json, from src/cli and from dist/cli alike. */
export const PACKAGE_ROOT = join(import.meta.dirname, '../..');

/** What is known of earlier runs in a state folder, without asking anybody. */
interface Past {
  readonly embedded: RunRecords;
  readonly docker: StackRecord | 'damaged' | null;
}

/**
 * The engine that the options ask for, on the state folder that they name.
 *
 * @param purpose but for `start`: the engine of the stack that is there, on its ports, but for what was stated
 * @throws AppError where a named engine cannot be had, or the stack of the folder is up on another
 */
export const openEngine = async (session: Session, purpose: ChooseOptions<unknown>['purpose'] = 'start'): Promise<Engine> => {
  const { options, interrupts, surroundings, terminal } = session;
  // Its code loads while the engine is looked for, which is mostly waiting.
  if (options.engine === 'docker')
    void Promise.allSettled([import('#engine/docker/docker.ts'), import('#engine/docker/connection/connect.ts')]);
  const { records } = await readRunFile(stateFolder(options.stateDir).run);
  const past: Past = { embedded: records, docker: await readStackRecord(options.stateDir) };
  const choice = await chooseEngine({
    wanted: options.engine,
    purpose,
    embedded: await stateOf(records),
    knowsDocker: past.docker !== null,
    docker: dockerDoor({
      env: surroundings.env,
      stateDir: options.stateDir,
      packageRoot: PACKAGE_ROOT,
      progress: once(() => tell(terminal, IMAGES_MISSING)),
      signal: interrupts.first,
    }),
  });
  if (!choice.ok) throw errorOf(choice.error);
  return createEngine(session, choice.value, purpose === 'start' ? options : lastUsed(choice.value.kind, past, options));
};

/**
 * Where nobody stated an engine and the stack is an embedded one: what the same folder once had on Docker, so that nothing of it
 * stays; null where there never was anything, or Docker cannot be asked, which is told.
 */
export const openLeftover = async (session: Session, engine: Engine): Promise<Engine | null> => {
  const { options, terminal } = session;
  if (engine.kind === 'docker' || options.engine !== 'auto' || (await readStackRecord(options.stateDir)) === null) return null;
  try {
    return await openEngine({ ...session, options: { ...options, engine: 'docker' } }, 'find');
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    tell(terminal, `! what this stack may have on Docker stays: ${thrown.message}`);
    return null;
  }
};

/** Told before the run begins, because whether they can be had decides on what it runs. */
const IMAGES_MISSING = 'Images are missing: building or pulling them, which takes a minute or two the first time.';

const once = (act: () => void): (() => void) => {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
};

/** Whether any of the services that were recorded still lives. */
const stateOf = async (records: RunRecords): Promise<StackState> => {
  const recorded = Object.values(records);
  if (recorded.length === 0) return 'none';
  return (await Promise.all(recorded.map(isAlive))).includes(true) ? 'running' : 'ended';
};

type Settings = Pick<Options, 'ports' | 'profile'>;

/** Ports and profile of the last start: `passthru status` needs no flags after a demo on other ports. */
const lastUsed = (kind: Engine['kind'], past: Past, { ports, portsStated, profile }: Options): Settings => {
  const record = past.docker === 'damaged' ? null : past.docker;
  const known =
    kind === 'docker'
      ? { kms: record?.portKms, identity: record?.portIdentity }
      : { kms: past.embedded.kms?.port, identity: past.embedded.identity?.port };
  return {
    ports: {
      kms: portsStated.kms ? ports.kms : (known.kms ?? ports.kms),
      identity: portsStated.identity ? ports.identity : (known.identity ?? ports.identity),
    },
    profile: kind === 'docker' ? (record?.profile ?? profile) : profile,
  };
};

/** An engine's code is loaded when it is the one. */
const createEngine = async (session: Session, choice: Choice<DockerConnection>, { ports, profile }: Settings): Promise<Engine> => {
  const { options, terminal, surroundings } = session;
  const common = {
    stateDir: options.stateDir,
    portKms: ports.kms,
    portIdentity: ports.identity,
    profile,
    packageRoot: PACKAGE_ROOT,
    reason: choice.reason,
    now: surroundings.now,
    warn: (text: string) => tell(terminal, `! ${text}`),
  };
  if (choice.kind === 'embedded') {
    const { createEmbeddedEngine } = await import('#engine/embedded/embedded.ts');
    return createEmbeddedEngine({ ...common, isFallback: choice.isFallback, demoSeed: true });
  }
  const { createDockerEngine } = await import('#engine/docker/docker.ts');
  // What is to be gone at the end is nobody's when this process cannot see to that any more.
  return createDockerEngine({ ...common, docker: choice.connection, owner: options.rm ? 'process' : 'state-folder' });
};

/** Leaves word of a start for the commands that look for the stack later; the caller holds the lock. */
export const recordStart = async ({ options }: Session, engine: Engine): Promise<void> => {
  if (engine.kind !== 'docker') return;
  const { ports, profile, stateDir } = options;
  await writeStackRecord(stateDir, { portKms: ports.kms, portIdentity: ports.identity, profile });
};

/** The lock of the state folder, for a command that changes something. */
export const lockStack = async ({ command, options, terminal, surroundings }: Session): Promise<AsyncDisposable> => {
  const lock = await acquireLock({
    stateDir: options.stateDir,
    command,
    now: surroundings.now,
    warn: (text) => tell(terminal, `! ${text}`),
  });
  if (!lock.ok) throw errorOf(lock.error);
  return lock.value;
};

/** A failure of the engine as an error that ends the command. */
const errorOf = ({ code, message, fix, cause }: Failure): AppError =>
  new AppError(code, 409, message, { ...(fix === '' ? {} : { fix }), ...(cause === null ? {} : { cause: errorOf(cause) }) });
