import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';
import { connectedTo } from './connected.ts';
import { linkedNode } from './linked-node.ts';

const run = promisify(execFile);
const NODE_LIMIT_MS = 2_000;

/** All that checks ask of this machine, and of nothing else: a test puts another machine in its place. */
export interface Machine {
  /** The Node that runs this program: `26.1.0`. */
  readonly nodeVersion: string;
  /** The Node that `node` means on the PATH; null where there is none, or it does not answer. */
  nodeOnPath(path: string | undefined): Promise<string | null>;
  /** The folder in which npm has linked our Node for scripts of the project; null where it has not. */
  linkedNode(): Promise<string | null>;
  /** Epoch milliseconds by the clock of the wall. */
  now(): number;
  /** When the files of this program came to this machine, by its clock, epoch milliseconds. */
  installedAt(): Promise<number>;
  /** Bytes that programs may still take, limits of a container counted. */
  availableMemory(): number;
  /** Bytes and files for which there is room on the disk of a folder that is there; null: the file system does not count files. */
  roomIn(folder: string): Promise<{ readonly bytes: number; readonly files: number | null }>;
  /** Whether a listener of 127.0.0.1 can be reached as `localhost`; else why not, one clause. */
  reachLocalhost(signal: AbortSignal): Promise<string | null>;
}

export const thisMachine: Machine = {
  nodeVersion: process.versions.node,
  nodeOnPath: async (path = '') => {
    try {
      const { stdout } = await run('node', ['--version'], { env: { PATH: path }, timeout: NODE_LIMIT_MS });
      return stdout.trim().replace(/^v/, '');
    } catch {
      // Without a `node` there is no version to tell, whyever that is.
      return null;
    }
  },
  linkedNode: () => linkedNode(PACKAGE_ROOT, process.cwd()),
  now: () => Date.now(),
  installedAt: async () => (await stat(join(PACKAGE_ROOT, 'package.json'))).ctimeMs,
  availableMemory: () => process.availableMemory(),
  roomIn: async (folder) => {
    const { bavail, bsize, files, ffree } = await statfs(folder);
    return { bytes: bavail * bsize, files: files === 0 ? null : ffree };
  },
  reachLocalhost: async (signal) => {
    await using server = createServer((socket) => socket.end());
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening', { signal });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('a listener of 127.0.0.1 has a port');
    return await connectedTo('localhost', address.port, signal);
  },
};
