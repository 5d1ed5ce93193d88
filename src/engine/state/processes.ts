import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Processes but this one whose command line has each of these texts as one of its arguments. */
export const processesWithArguments = async (wanted: readonly string[], platform = process.platform): Promise<readonly number[]> => {
  if (platform !== 'linux') {
    const { stdout } = await run('ps', ['-axww', '-o', 'pid=,args=']);
    return stdout
      .split('\n')
      .filter((line) => wanted.every((argument) => ` ${line} `.includes(` ${argument} `)))
      .map((line) => Number.parseInt(line, 10))
      .filter((pid) => pid !== process.pid);
  }
  const pids = await linuxPids();
  const lines = await Promise.all(pids.map((pid) => commandLine(pid, platform)));
  return pids.filter((pid, i) => pid !== process.pid && wanted.every((argument) => lines[i]?.includes(argument) === true));
};

/** Processes that listen on the port, as far as the platform tells us. */
export const listenersOn = (port: number, platform = process.platform): Promise<readonly number[]> =>
  platform === 'linux' ? linuxListeners(port) : lsofListeners(port);

/** A process in words, for example `node (pid 4711)`. */
export const nameOf = async (pid: number, platform = process.platform): Promise<string> => {
  const [program = ''] = await commandLine(pid, platform);
  return program === '' ? `pid ${pid}` : `${basename(program)} (pid ${pid})`;
};

/** The arguments of a process, the program first; empty when it is gone or hidden. Elsewhere than on Linux they are split at blanks. */
export const commandLine = async (pid: number, platform: NodeJS.Platform): Promise<readonly string[]> => {
  if (platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(hidden)).split('\0').filter((part) => part !== '');
  const { stdout } = await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim().split(' ');
};

const linuxPids = async (): Promise<readonly number[]> => (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);

/** Sockets by inode in `/proc/net/tcp`, then who has that inode open: what `lsof` does, without needing it. */
const linuxListeners = async (port: number): Promise<readonly number[]> => {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(hidden)));
  const sockets = new Set(
    tables.flatMap((table) => table.split('\n').flatMap((line) => listeningInode(line, port))).map((inode) => `socket:[${inode}]`),
  );
  if (sockets.size === 0) return [];
  const pids = await linuxPids();
  const holds = await Promise.all(pids.map((pid) => hasOpen(pid, sockets)));
  return pids.filter((_, i) => holds[i] === true);
};

/** Columns: slot, local address:port in hex, remote, state (0A is LISTEN), …, inode as the tenth. */
const listeningInode = (line: string, port: number): readonly string[] => {
  const columns = line.trim().split(/\s+/);
  const [local = '', state, inode] = [columns[1], columns[3], columns[9]];
  return state === '0A' && Number.parseInt(local.split(':')[1] ?? '', 16) === port && inode !== undefined ? [inode] : [];
};

const hasOpen = async (pid: number, sockets: ReadonlySet<string>): Promise<boolean> => {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(files.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(hidden)));
  return targets.some((target) => sockets.has(target));
};

const lsofListeners = async (port: number): Promise<readonly number[]> => {
  // lsof ends with 1 when it finds nothing, and may not be there at all: then nobody is named.
  const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']).catch(() => ({ stdout: '' }));
  return stdout.split('\n').flatMap((line) => (line.startsWith('p') ? [Number(line.slice(1))] : []));
};

/** Processes end while we look, and those of other users show nothing: both are as if they had nothing. */
const hidden = (): string => '';
