import { access, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SERVICES, type ServiceName } from '../engine.ts';
import { isAlive } from './process-identity.ts';
import { commandLine, listenersOn, nameOf } from './processes.ts';
import type { RunRecords } from './run-file.ts';

// The owner of a process is told by the process itself. A state folder that was copied holds the records of the original's processes,
// and they are not its own.

/** A service that a process runs, and the state folder for which it does. */
export interface Served {
  readonly service: ServiceName;
  readonly folder: string;
}

/**
 * The service of a process, as the process tells. It works in its state folder, which the system follows when the folder is moved;
 * where that is not told (the folder is gone, or this is not Linux), the configuration on its command line names the folder. Null: it
 * runs no service of a state folder.
 */
export const servedBy = async (pid: number, platform = process.platform): Promise<Served | null> => {
  const [, service, options = ''] = / serve (\S+)(.*)$/s.exec((await commandLine(pid, platform)).join(' ')) ?? [];
  const known = SERVICES.find((name) => name === service);
  const overlay = options.split(' --config ').at(-1) ?? '';
  if (known === undefined || basename(overlay) !== `${known}.yml` || basename(dirname(overlay)) !== 'config') return null;
  const worksIn = platform === 'linux' ? await workingStateFolder(pid, known) : null;
  return { service: known, folder: worksIn ?? dirname(dirname(overlay)) };
};

const workingStateFolder = async (pid: number, service: ServiceName): Promise<string | null> => {
  try {
    await access(join(`/proc/${pid}/cwd`, 'config', `${service}.yml`));
    return await readlink(`/proc/${pid}/cwd`);
  } catch {
    // It works elsewhere, its folder is gone, or the process of another user tells us nothing: its command line says the rest.
    return null;
  }
};

/** Whether two paths lead to one folder; those of folders that are gone are compared as they are written. */
export const isSameFolder = async (one: string, other: string): Promise<boolean> => {
  if (one === other) return true;
  const [first, second] = await Promise.all([statOrNull(one), statOrNull(other)]);
  return first !== null && second !== null && first.dev === second.dev && first.ino === second.ino;
};

const statOrNull = (path: string) => stat(path).catch(() => null);

/** A process that ends has no command line any more some moments before it is gone; it is nobody else's program for that. */
const isEnding = async (record: { readonly pid: number; readonly identity: string }): Promise<boolean> =>
  (await commandLine(record.pid, process.platform)).length === 0 || !(await isAlive(record));

/** The records of a state folder that are its own, and the services that run for other folders though it has records of them. */
export const recordsByOwner = async (
  records: RunRecords,
  folder: string,
): Promise<{ readonly own: RunRecords; readonly foreign: readonly Served[] }> => {
  const foreign = await Promise.all(
    SERVICES.map(async (service): Promise<readonly Served[]> => {
      const { [service]: record } = records;
      if (record === undefined || !(await isAlive(record))) return [];
      const served = await servedBy(record.pid);
      if (served === null && (await isEnding(record))) return [];
      const isOwn = served?.service === service && (await isSameFolder(served.folder, folder));
      return isOwn ? [] : [served ?? { service, folder: 'another program' }];
    }),
  );
  const services = foreign.flat().map(({ service }) => service);
  const own = Object.entries(records).filter(([service]) => !services.includes(service as ServiceName));
  return { own: Object.fromEntries(own), foreign: foreign.flat() };
};

/** A process in words, for example `kms of the stack in /srv/demo/.passthru (pid 4711)`, or `node (pid 4711)`. */
export const holderName = async (pid: number): Promise<string> => {
  const served = await servedBy(pid);
  return served === null ? nameOf(pid) : `${served.service} of the stack in ${served.folder} (pid ${pid})`;
};

/** Who listens on a port, in words; `another process` where the platform does not tell. */
export const holderNames = async (port: number): Promise<string> =>
  (await Promise.all((await listenersOn(port)).map(holderName))).join(', ') || 'another process';
