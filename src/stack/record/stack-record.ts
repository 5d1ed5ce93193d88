import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonObject } from '#infra/json/json-object.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { type Engine, type Profile, PROFILES } from '#engine/engine.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { PORT_STEP } from '#infra/magic/magic.ts';

/** How a stack was last started: later commands, and the next start, need no flags after a demo on other ports. */
export interface StackRecord {
  readonly engine: Engine['kind'];
  /** The state folder then, absolute: another one now has been copied or moved. */
  readonly stateDir: string;
  readonly portKms: number;
  readonly portIdentity: number;
  /** From a public port to the next listener of the same service; 1000 where it is not given. */
  readonly portStep?: number;
  /** Further names and addresses of the public servers. */
  readonly hosts?: readonly string[];
  readonly profile: Profile;
  /** Of that start alone: by it a command that started the stack finds out later whether another one did since. */
  readonly startId?: string | undefined;
}

/** It goes with the configuration that was made for that start, when a stack is removed. */
const fileOf = (stateDir: string): string => join(stateFolder(stateDir).config, 'stack.json');

/** The record of a state folder; null when none was ever made there, `damaged` when it makes no sense. */
export const readStackRecord = async (stateDir: string): Promise<StackRecord | 'damaged' | null> => {
  try {
    return parse(await readFile(fileOf(stateDir), 'utf8')) ?? 'damaged';
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
};

/** The caller holds the lock of the state folder. */
export const writeStackRecord = async (written: StackRecord): Promise<void> => {
  const { engine, stateDir, portKms, portIdentity, portStep = PORT_STEP, hosts = [], profile, startId } = written;
  await mkdir(stateFolder(stateDir).config, { recursive: true, mode: 0o700 });
  const record = {
    version: 1,
    engine,
    state_dir: stateDir,
    port_kms: portKms,
    port_identity: portIdentity,
    ...(portStep === PORT_STEP ? {} : { port_step: portStep }),
    ...(hosts.length === 0 ? {} : { hosts }),
    profile,
    ...(startId === undefined ? {} : { start_id: startId }),
  };
  await writeFileAtomic(fileOf(stateDir), `${JSON.stringify(record)}\n`, { durable: false });
};

/** Puts back what was recorded before a start of which nothing stays; the caller holds the lock of the state folder. */
export const restoreStackRecord = async (stateDir: string, before: StackRecord | 'damaged' | null): Promise<void> => {
  if (before === null || before === 'damaged') await rm(fileOf(stateDir), { force: true });
  else await writeStackRecord({ ...before, stateDir });
};

const parse = (text: string): StackRecord | null => {
  const { version, engine, state_dir: stateDir, hosts, profile, start_id: startId, ...ports } = jsonObject(text) ?? {};
  const { port_kms: portKms, port_identity: portIdentity, port_step: portStep } = ports;
  const known = PROFILES.find((each) => each === profile);
  if (version !== 1 || !isKind(engine) || typeof stateDir !== 'string' || known === undefined) return null;
  if (!isPort(portKms) || !isPort(portIdentity)) return null;
  const step = isPort(portStep) ? { portStep } : {};
  const id = typeof startId === 'string' ? { startId } : {};
  return { engine, stateDir, portKms, portIdentity, ...step, ...hostsIn(hosts), profile: known, ...id };
};

/** A record of before there were any has none. */
const hostsIn = (value: unknown): Pick<StackRecord, 'hosts'> =>
  Array.isArray(value) ? { hosts: value.filter((host): host is string => typeof host === 'string') } : {};

const isKind = (value: unknown): value is Engine['kind'] => value === 'embedded' || value === 'docker';

const isPort = (value: unknown): value is number => Number.isInteger(value);
