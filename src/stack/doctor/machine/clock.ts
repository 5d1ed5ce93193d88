import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '#engine/state/state-folder.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { BREAKS_TLS_MS, CLOCK_FIX, isWorthAWord, skewText } from '#infra/jobs/clock-skew.ts';
import { fault, fine, type Finding, type Patient, warning } from '../patient/check.ts';

/**
 * The clock of this machine against every other that it can be compared with and that is no stranger: that of the Docker engine, which runs in
 * a virtual machine on many desktops and stands still while these sleep, and its own of before, in the times of files. Nobody on the
 * internet is asked, so a clock that is ahead and always was is not found.
 */
export const checkClock = async (patient: Patient): Promise<Finding> => {
  const skewMs = await skewOfDocker(patient);
  if (skewMs === null) return againstFiles(patient, 'not before anything that was written here');
  const skew = { host: 'the Docker engine', skewMs };
  if (Math.abs(skewMs) >= BREAKS_TLS_MS) return fault(skewText(skew), CLOCK_FIX);
  if (isWorthAWord(skew)) return warning(skewText(skew), CLOCK_FIX);
  return againstFiles(patient, 'as that of the Docker engine, and not before anything that was written here');
};

const skewOfDocker = async ({ docker, options: { engine } }: Patient): Promise<number | null> => {
  const found = engine === 'embedded' ? null : await docker();
  return found?.ok === true ? found.value.skewMs : null;
};

const againstFiles = async ({ machine, options: { stateDir } }: Patient, allWell: string): Promise<Finding> => {
  const newest = await newestFile(stateDir);
  const times = [{ what: 'this program was installed', at: await machine.installedAt() }, ...(newest === null ? [] : [newest])];
  const late = times.find(({ at }) => at - machine.now() >= BREAKS_TLS_MS);
  if (late === undefined) return fine(allWell);
  return warning(`the clock of this machine says ${inWords(machine.now())}, but ${late.what} at ${inWords(late.at)}`, CLOCK_FIX);
};

const inWords = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** The file or folder directly below those of a state folder that was changed last. */
const newestFile = async (stateDir: string) => {
  const { path, tls, config, data, logs } = stateFolder(stateDir);
  const found = await Promise.all(
    [path, tls, config, data, logs].map(async (folder) => (await readdir(folder).catch(missingIs([]))).map((name) => join(folder, name))),
  );
  const times = await Promise.all(
    found.flat().map(async (file) => ({ what: `${file} was written`, at: (await lstat(file).catch(missingIs(null)))?.mtimeMs ?? 0 })),
  );
  return times.toSorted((a, b) => b.at - a.at)[0] ?? null;
};
