import { join } from 'node:path';
import { createEmbeddedEngine } from '#engine/embedded/embedded.ts';
import type { Engine } from '#engine/engine.ts';
import { acquireLock } from '#engine/state/lock.ts';
import { readRunFile } from '#engine/state/run-file.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Failure } from '#infra/apperr/result.ts';
import type { Options } from './options.ts';
import { tell } from './reporters/answer.ts';
import type { Session } from './session.ts';

/** The folder of our package.json, from src/cli and from dist/cli alike. */
const PACKAGE_ROOT = join(import.meta.dirname, '../..');

/**
 * The engine that the options ask for, on the state folder that they name.
 *
 * @param which `running`: on the ports of the stack that is there, but for a port that was stated
 */
export const openEngine = async (session: Session, which: 'stated' | 'running' = 'stated'): Promise<Engine> => {
  const { options, terminal, surroundings } = session;
  const { kms, identity } = which === 'running' ? await portsInUse(options) : options.ports;
  const reason = options.engine === 'auto' ? 'the only engine of this version' : 'as asked for';
  return createEmbeddedEngine({
    stateDir: options.stateDir,
    portKms: kms,
    portIdentity: identity,
    profile: options.profile,
    packageRoot: PACKAGE_ROOT,
    demoSeed: true,
    reason,
    now: surroundings.now,
    warn: (text) => tell(terminal, `! ${text}`),
  });
};

/** Ports of the services that were last started here: `passthru status` needs no flags after a demo on other ports. */
const portsInUse = async ({ stateDir, ports, portsStated }: Options): Promise<Options['ports']> => {
  const { records } = await readRunFile(stateFolder(stateDir).run);
  const inUse = (service: 'kms' | 'identity'): number =>
    portsStated[service] ? ports[service] : (records[service]?.port ?? ports[service]);
  return { kms: inUse('kms'), identity: inUse('identity') };
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
