import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonObject } from '#infra/json/json-object.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import type { StateFolder } from '#engine/state/state-folder.ts';
import type { Fault } from '../fault-door.ts';

/** The faults of a stack that are not taken back yet, on its disk: `drill/faults.json` of the state folder. */
export interface FaultRecord {
  read(): Promise<readonly Fault[]>;
  /** Writes one down, durably, before it is inflicted. */
  add(fault: Fault): Promise<void>;
  /** Removes it, with everything else in its folder, when all is as it was. */
  clear(): Promise<void>;
}

/** @param engine that inflicts them: those of a stack on the other engine are its own to take back */
export const faultRecord = ({ drill }: Pick<StateFolder, 'drill'>, engine: 'embedded' | 'docker'): FaultRecord => {
  const file = join(drill, 'faults.json');
  const read = async (): Promise<readonly Fault[]> => {
    const text = await readFile(file, 'utf8').catch(missingIs(null));
    if (text === null) return [];
    const { faults, engine: other } = jsonObject(text) ?? {};
    // It is written as a whole, so a text that says nothing is not ours; nobody guesses what it may have said.
    if (!Array.isArray(faults)) throw new Error(`${file} does not say which faults were inflicted`);
    return other === engine ? (faults as readonly Fault[]) : [];
  };
  return {
    read,
    add: async (fault) => {
      const faults = [...(await read()), fault];
      await mkdir(drill, { recursive: true, mode: 0o700 });
      await writeFileAtomic(file, `${JSON.stringify({ version: 1, engine, faults }, null, 2)}\n`, { mode: 0o600 });
    },
    clear: () => rm(drill, { recursive: true, force: true }),
  };
};
