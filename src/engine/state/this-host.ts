import { readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/**
 * This machine and user; within one, containers that share its engine have processes of their own. Another user's processes may
 * be hidden from us (`hidepid` of /proc), so nobody judges them.
 */
export const thisHost = async (): Promise<string> => {
  const processes = await readlink('/proc/self/ns/pid').catch(() => '');
  return [hostname(), processes, process.getuid?.() ?? ''].join(' ').trim();
};
