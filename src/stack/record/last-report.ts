import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { stateFolder } from '#engine/state/state-folder.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { jsonObject } from '#infra/json/json-object.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';

/** It goes with the configuration of the stack, when this is removed. */
const fileOf = (stateDir: string): string => join(stateFolder(stateDir).config, 'report.json');

/** Remembers where the last report of a run is; a stack that is gone by then, as after `--rm`, remembers nothing. */
export const writeLastReport = async (stateDir: string, path: string): Promise<void> => {
  const folder = await stat(stateFolder(stateDir).config).catch(missingIs(null));
  if (folder !== null) await writeFileAtomic(fileOf(stateDir), `${JSON.stringify({ version: 1, path })}\n`, { durable: false });
};

/** The path of the last report, absolute; null where none was written, or its record makes no sense. */
export const readLastReport = async (stateDir: string): Promise<string | null> => {
  const { version, path } = jsonObject(await readFile(fileOf(stateDir), 'utf8').catch(missingIs(''))) ?? {};
  return version === 1 && typeof path === 'string' && isAbsolute(path) ? path : null;
};
