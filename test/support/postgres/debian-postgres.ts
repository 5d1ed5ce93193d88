import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PostgresProvider, RunningPostgres } from './running-postgres.ts';
import { reservePorts } from '#test/support/ports.ts';
import { accessRules, createWorkspace, initArguments, LOOPBACK, serverArguments, type Workspace } from './workspace.ts';

/** Debian keeps each major version in a folder of its own. */
const VERSIONS = '/usr/lib/postgresql';
const START_LIMIT_MS = 30_000;

/** The folder of the newest installed PostgreSQL, or null. */
const findBinaries = async (): Promise<string | null> => {
  const versions = await readdir(VERSIONS).catch((): string[] => []);
  const newest = versions
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => b - a);
  for (const version of newest) {
    const folder = join(VERSIONS, String(version), 'bin');
    const files = await readdir(folder).catch((): string[] => []);
    if (files.includes('initdb') && files.includes('postgres')) return folder;
  }
  return null;
};

/** PostgreSQL refuses to run as root; then it runs as the user that the package made. */
const runAs = async (): Promise<{ uid: number; gid: number } | null> => {
  if (process.getuid?.() !== 0) return null;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres');
  return { uid: Number(uid), gid: Number(gid) };
};

const runToEnd = async (program: string, args: readonly string[], identity: object): Promise<void> => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ...identity });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${Buffer.concat(output).toString()}`);
};

const untilReady = async (child: ChildProcess): Promise<void> => {
  const lines: string[] = [];
  if (child.stderr === null) throw new TypeError('stderr is a pipe');
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  const output = createInterface({ input: child.stderr, signal });
  for await (const line of output) {
    lines.push(line);
    if (line.includes('ready to accept connections')) {
      output.close();
      // Closing pauses the pipe, and a server whose log nobody reads stops at the first full buffer.
      child.stderr.resume();
      return;
    }
  }
  const why = signal.aborted ? `within ${START_LIMIT_MS} ms` : 'before it ended';
  throw new Error(`PostgreSQL was not ready ${why}:\n${lines.join('\n')}`);
};

const startIn = async (workspace: Workspace, binaries: string): Promise<RunningPostgres> => {
  const { folder, server } = workspace;
  const identity = await runAs();
  const data = join(folder, 'data');
  await mkdir(data, { mode: 0o700 });
  if (identity !== null) {
    for (const path of [folder, data, ...Object.values(server)]) await chown(path, identity.uid, identity.gid);
  }
  const as = { cwd: folder, ...identity };
  await runToEnd(join(binaries, 'initdb'), initArguments(data), as);
  await writeFile(join(data, 'pg_hba.conf'), accessRules(`${LOOPBACK}/32`));
  const { kms: port } = await reservePorts();
  const args = serverArguments({ listen: LOOPBACK, port, tls: server });
  let running: { readonly child: ChildProcess; readonly ended: Promise<unknown> } | null = null;
  const crash = async (): Promise<void> => {
    running?.child.kill('SIGQUIT');
    await running?.ended;
    running = null;
  };
  const start = async (): Promise<void> => {
    const child = spawn(join(binaries, 'postgres'), ['-D', data, ...args], { stdio: ['ignore', 'ignore', 'pipe'], ...as });
    running = { child, ended: once(child, 'close') };
    await untilReady(child);
  };
  const stop = async (): Promise<void> => {
    await crash();
    await workspace.remove();
  };
  try {
    await start();
    const published = await workspace.publish({ host: LOOPBACK, port });
    return { ...published, crash, start, certificateOf: workspace.clientOf, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await crash();
    throw error;
  }
};

const start = async (): Promise<RunningPostgres> => {
  const binaries = await findBinaries();
  if (binaries === null) throw new Error(`no PostgreSQL in ${VERSIONS}/*/bin`);
  const workspace = await createWorkspace(LOOPBACK);
  try {
    return await startIn(workspace, binaries);
  } catch (error) {
    await workspace.remove();
    throw error;
  }
};

/** The PostgreSQL of Debian's package, as a child process. */
export const debianPostgres: PostgresProvider = {
  name: "Debian's PostgreSQL",
  problem: async () => ((await findBinaries()) === null ? `no PostgreSQL in ${VERSIONS}/*/bin, which the package postgresql fills` : null),
  start,
  // No folder in memory is large enough on every machine.
  startInMemory: start,
};
