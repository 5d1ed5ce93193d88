import { readFile, rename } from 'node:fs/promises';
import { isObject, jsonObject } from '#infra/json/json-object.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { SERVICES, type ServiceName } from '../engine.ts';

/** The record of a service that was started. */
export interface ServiceRecord {
  readonly pid: number;
  /** Tells the process from a later one with the same number. */
  readonly identity: string;
  /** Public port. */
  readonly port: number;
  /** A hash of everything that the service reads at its start; a difference asks for a restart. */
  readonly config_hash: string;
  /** Epoch milliseconds. */
  readonly started_at: number;
  /** Offset in the file of the process's output at which this start begins, in bytes. */
  readonly log_offset: number;
  /** How it ended, where a CLI saw it. */
  readonly exit: { readonly code: number | null; readonly signal: string | null } | null;
}

export type RunRecords = Readonly<Partial<Record<ServiceName, ServiceRecord>>>;

/** The content of the file; `damaged` when it is there and makes no sense. */
export const readRunFile = async (file: string): Promise<{ readonly records: RunRecords; readonly damaged: boolean }> => {
  const text = await readFile(file, 'utf8').catch(missingIs(null));
  if (text === null) return { records: {}, damaged: false };
  const records = parse(text);
  return { records: records ?? {}, damaged: records === null };
};

/** Replaces the file as a whole. After a power cut its processes are gone anyway, so nothing waits for the disk. */
export const writeRunFile = (file: string, records: RunRecords): Promise<void> =>
  writeFileAtomic(file, `${JSON.stringify({ version: 1, services: records }, null, 2)}\n`, { durable: false });

/** Moves a damaged file out of the way, for whoever wants to look at it; one that is gone already is no error. */
export const setAside = async (file: string): Promise<void> => {
  await rename(file, `${file}.damaged`).catch(missingIs(undefined));
};

const parse = (text: string): RunRecords | null => {
  const { version, services } = jsonObject(text) ?? {};
  if (version !== 1 || !isObject(services)) return null;
  const entries = Object.entries(services);
  const isSound = entries.every(([name, record]) => (SERVICES as readonly string[]).includes(name) && isRecord(record));
  return isSound ? (Object.fromEntries(entries) as RunRecords) : null;
};

const isRecord = (value: unknown): value is ServiceRecord =>
  isObject(value) &&
  [value['pid'], value['port'], value['started_at'], value['log_offset']].every((number) => Number.isInteger(number)) &&
  Number(value['pid']) > 1 &&
  typeof value['identity'] === 'string' &&
  typeof value['config_hash'] === 'string' &&
  (value['exit'] === null || isObject(value['exit']));
