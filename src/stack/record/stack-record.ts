import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonObject } from '#infra/config/json-object.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { type Profile, PROFILES } from '#engine/engine.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';

/** How a stack was last brought up on Docker: `passthru status` needs no flags after a demo on other ports. */
export interface StackRecord {
  readonly portKms: number;
  readonly portIdentity: number;
  readonly profile: Profile;
}

const fileOf = (stateDir: string): string => join(stateFolder(stateDir).docker, 'stack.json');

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
export const writeStackRecord = async (stateDir: string, { portKms, portIdentity, profile }: StackRecord): Promise<void> => {
  await mkdir(stateFolder(stateDir).docker, { recursive: true, mode: 0o700 });
  const record = { version: 1, port_kms: portKms, port_identity: portIdentity, profile };
  await writeFileAtomic(fileOf(stateDir), `${JSON.stringify(record)}\n`, { durable: false });
};

const parse = (text: string): StackRecord | null => {
  const { version, port_kms: portKms, port_identity: portIdentity, profile } = jsonObject(text) ?? {};
  const known = PROFILES.find((each) => each === profile);
  return version === 1 && isPort(portKms) && isPort(portIdentity) && known !== undefined ? { portKms, portIdentity, profile: known } : null;
};

const isPort = (value: unknown): value is number => Number.isInteger(value);
