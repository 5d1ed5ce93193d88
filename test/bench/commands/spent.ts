import { readdir, readFile, readlink } from 'node:fs/promises';
import { codeOf } from '#infra/apperr/system-error.ts';

/** What something took, milliseconds. */
export interface Spent {
  readonly clock: number;
  /** Of the processors, summed over the processes. */
  readonly processor: number;
}

/** Linux tells processor time in hundredths of a second, whatever the machine. */
const MS_PER_TICK = 10;
/** Of /proc/PID/stat, counted from the one after the name of the program, which may hold spaces. */
const [OWN_FROM, CHILDREN_FROM] = [11, 13];

const ticksIn = async (pid: string, from: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch((error: unknown) => {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '')) return '';
    throw error;
  });
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[from] ?? 0) + Number(fields[from + 1] ?? 0);
};

/** The processes that work in a folder, which a server of a stack does in its state folder. */
export const processesIn = async (folder: string): Promise<readonly number[]> => {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(all.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => null)));
  return all.filter((_, at) => folders[at] === folder).map(Number);
};

/** Ticks of a process so far, and of those of its children that have ended and that it heard of. */
export const processorTimeOfPid = async (pid: number): Promise<number> =>
  ((await ticksIn(String(pid), OWN_FROM)) + (await ticksIn(String(pid), CHILDREN_FROM))) * MS_PER_TICK;

/**
 * Of the processes that this one started and that have ended, with those that they started and heard the end of, and of those that work
 * in a folder now. Of a container it knows nothing.
 */
export const processorTimeSoFar = async (folder: string): Promise<number> => {
  const servers = await Promise.all((await processesIn(folder)).map(processorTimeOfPid));
  const ended = (await ticksIn('self', CHILDREN_FROM)) * MS_PER_TICK;
  return servers.reduce((sum, each) => sum + each, ended);
};

/** What work takes whose servers, if it has some, work in the folder. */
export const spentOn = async (folder: string, work: () => Promise<void>): Promise<Spent> => {
  const before = await processorTimeSoFar(folder);
  const begun = performance.now();
  await work();
  const clock = performance.now() - begun;
  return { clock, processor: (await processorTimeSoFar(folder)) - before };
};
