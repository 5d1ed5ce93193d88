import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { hasCode } from '#infra/apperr/system-error.ts';

const run = promisify(execFile);

/**
 * The mark that tells a process from a later one with the same number: boot and start time. Null when no such process lives;
 * one that has ended but that nobody has reaped counts as ended.
 */
export const processIdentity = (pid: number): Promise<string | null> =>
  process.platform === 'linux' ? linuxIdentity(pid) : psIdentity(pid);

/** This process. */
export const ownIdentity = async (): Promise<string> => (await processIdentity(process.pid)) ?? '';

/** Whether the process that was recorded under this number and identity still lives. */
export const isAlive = async (recorded: { readonly pid: number; readonly identity: string }): Promise<boolean> =>
  (await processIdentity(recorded.pid)) === recorded.identity;

let bootId: Promise<string> | undefined;

/** Whether a process stands still, as SIGSTOP makes it; false for one that is gone. */
export const isStandingStill = async (pid: number): Promise<boolean> => {
  if (process.platform === 'linux') return (await linuxFields(pid))?.[0] === 'T';
  return ((await askPs(pid, 'state=')) ?? '').trim().startsWith('T');
};

/** The fields from the state on. @see proc_pid_stat(5) */
const linuxFields = async (pid: number): Promise<readonly string[] | null> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(goneIsNull);
  // The name in parentheses may hold blanks and parentheses itself; what follows the last one may not.
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

const linuxIdentity = async (pid: number): Promise<string | null> => {
  const fields = await linuxFields(pid);
  if (fields === null) return null;
  const [state, threads, startTicks] = [fields[0], Number(fields[17]), fields[19]];
  if (state === 'X' || startTicks === undefined) return null;
  // A process that was killed is a zombie as soon as its first thread is; while another one ends, it holds its ports and files.
  if (state === 'Z' && threads <= 1) return null;
  bootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return `${(await bootId).trim()}:${startTicks}`;
};

/** `/proc` answers ESRCH when the process ends while its file is being read. */
const goneIsNull = (error: unknown): null => {
  if (hasCode(error, 'ENOENT', 'ESRCH')) return null;
  throw error;
};

const psIdentity = async (pid: number): Promise<string | null> => {
  const line = await askPs(pid, 'state=,lstart=');
  return line === null ? null : identityInPs(line);
};

const askPs = async (pid: number, columns: string): Promise<string | null> => {
  try {
    return (await run('ps', ['-o', columns, '-p', String(pid)], { env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } })).stdout;
  } catch (error) {
    // ps ends with 1 when there is no such process.
    if (hasCode(error, 1)) return null;
    throw error;
  }
};

/** State and start time as `ps -o state=,lstart=` prints them; null for a process that nobody has reaped. */
export const identityInPs = (line: string): string | null => {
  const [, state = '', start = ''] = /^\s*(\S+)\s+(.*\S)\s*$/.exec(line) ?? [];
  return start === '' || state.startsWith('Z') ? null : start;
};
