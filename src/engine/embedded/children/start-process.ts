import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, stat } from 'node:fs/promises';
import { SERVER_OPTIONS, SERVER_VARIABLES } from '#infra/process/server-options.ts';
import { rotate } from '#infra/lines/rotated-file.ts';
import type { ServiceName } from '../../engine.ts';
import type { Layout } from '../files/layout.ts';

/** An output that is longer than this many bytes at a start makes room for a new one; it holds little, a service has its own log. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

/** All that a server may know of our environment: no secret is ever in it. */
const PASSED_ON: readonly string[] = ['PATH', 'HOME', 'TZ', 'LANG', 'LC_ALL', 'TMPDIR', 'XDG_CACHE_HOME', ...Object.keys(SERVER_VARIABLES)];

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface StartedProcess {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly exited: Promise<Exit>;
  /** Offset in the file of its output at which its part begins, in bytes. */
  readonly logOffset: number;
}

export interface StartOptions {
  readonly demoSeed: boolean;
  /** Variables beside those that every server gets. */
  readonly variables?: Variables;
}

export type Variables = Readonly<Record<string, string>>;

/** Starts a service of a stack with its configuration; as `startServer`. */
export const startProcess = (layout: Layout, service: ServiceName, { demoSeed, variables }: StartOptions): Promise<StartedProcess> =>
  startServer({
    folder: layout.folder.path,
    output: layout.output(service),
    command: commandOf(layout, service, { demoSeed }),
    ...(variables && { variables }),
  });

/**
 * Starts one server as a process of its own that outlives this one, its output in a file; its log it writes itself.
 *
 * @param server.folder the folder in which it works: that of its stack
 * @param server.command our program, and its arguments
 * @throws the system's error when there is no process to be had, or no output to write
 */
export const startServer = async (server: {
  readonly folder: string;
  readonly output: string;
  readonly command: readonly string[];
  readonly variables?: Variables;
}): Promise<StartedProcess> => {
  const { folder, output: file, command, variables } = server;
  await makeRoom(file);
  const output = await open(file, 'a', 0o600);
  try {
    const logOffset = (await output.stat()).size;
    const child = spawn(process.execPath, [...SERVER_OPTIONS, ...command], {
      cwd: folder,
      detached: true,
      env: { ...SERVER_VARIABLES, ...environment(), ...variables },
      stdio: ['ignore', output.fd, output.fd],
    });
    const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    await once(child, 'spawn');
    child.unref();
    return { pid: child.pid ?? 0, exited, logOffset };
  } finally {
    await output.close();
  }
};

const commandOf = (layout: Layout, service: ServiceName, { demoSeed }: { demoSeed: boolean }): string[] => {
  const defaults = layout.defaults(service);
  return [
    layout.bin,
    'serve',
    service,
    ...(demoSeed && service !== 'telemetry' ? ['--demo'] : []),
    ...(defaults === null ? [] : ['--config', defaults]),
    '--config',
    layout.overlay(service),
  ];
};

const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));

const makeRoom = async (file: string): Promise<void> => {
  const size = await stat(file).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > MAX_OUTPUT_BYTES) await rotate(file, 1);
};
