import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
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
  return linuxPids().filter((pid) => {
    if (pid === process.pid) return false;
    const found = linuxCommandLine(pid);
    return wanted.every((argument) => found.includes(argument));
  });
};

/** Processes that listen on each of the ports, in their order, as far as the platform tells us. */
export const listenersOnEach = async (ports: readonly number[], platform = process.platform): Promise<readonly (readonly number[])[]> =>
  platform === 'linux' ? linuxListeners(ports) : Promise.all(ports.map(lsofListeners));

/** Processes that listen on the port, as far as the platform tells us. */
export const listenersOn = async (port: number, platform = process.platform): Promise<readonly number[]> =>
  (await listenersOnEach([port], platform))[0] ?? [];

/** A process in words, for example `node (pid 4711)`. */
export const nameOf = async (pid: number, platform = process.platform): Promise<string> => {
  const [program = ''] = await commandLine(pid, platform);
  return program === '' ? `pid ${pid}` : `${basename(program)} (pid ${pid})`;
};

/** The arguments of a process, the program first; empty when it is gone or hidden. Elsewhere than on Linux they are split at blanks. */
export const commandLine = async (pid: number, platform: NodeJS.Platform): Promise<readonly string[]> => {
  if (platform === 'linux') return linuxCommandLine(pid);
  const { stdout } = await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim().split(' ');
};

// The files of /proc are memory: to look into one takes some microseconds, and to have the thread pool do it twenty times as long. There
// are hundreds of them.

const linuxPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

const linuxCommandLine = (pid: number): readonly string[] =>
  orHidden(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
    .split('\0')
    .filter((part) => part !== '');

/** Sockets by inode in `/proc/net/tcp`, then who has that inode open: what `lsof` does, without needing it. */
const linuxListeners = (ports: readonly number[]): readonly (readonly number[])[] => {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => orHidden(() => readFileSync(file, 'utf8'), ''));
  const lines = tables.flatMap((table) => table.split('\n'));
  const sockets = ports.map((port) => new Set(lines.flatMap((line) => listeningInode(line, port)).map((inode) => `socket:[${inode}]`)));
  if (sockets.every(({ size }) => size === 0)) return ports.map(() => []);
  const opened = linuxPids().map((pid) => ({ pid, files: openFiles(pid) }));
  return sockets.map((wanted) => opened.flatMap(({ pid, files }) => (files.some((file) => wanted.has(file)) ? [pid] : [])));
};

/** Columns: slot, local address:port in hex, remote, state (0A is LISTEN), …, inode as the tenth. */
const listeningInode = (line: string, port: number): readonly string[] => {
  const columns = line.trim().split(/\s+/);
  const [local = '', state, inode] = [columns[1], columns[3], columns[9]];
  return state === '0A' && Number.parseInt(local.split(':')[1] ?? '', 16) === port && inode !== undefined ? [inode] : [];
};

/** What the descriptors of a process lead to. */
const openFiles = (pid: number): readonly string[] =>
  orHidden(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) => orHidden(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''));

const lsofListeners = async (port: number): Promise<readonly number[]> => {
  // lsof ends with 1 when it finds nothing, and may not be there at all: then nobody is named.
  const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fp']).catch(() => ({ stdout: '' }));
  return stdout.split('\n').flatMap((line) => (line.startsWith('p') ? [Number(line.slice(1))] : []));
};

/** Processes end while we look, and those of other users show nothing: both are as if they had nothing. */
const orHidden = <T>(look: () => T, hidden: T): T => {
  try {
    return look();
  } catch {
    return hidden;
  }
};
