import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clockLibrary, setClock, variablesOf } from '#engine/embedded/faults/faked-clock.ts';
import { readRunFile } from '#engine/state/run-file.ts';

const LIBFAKETIME = clockLibrary();

export const SERVICES = ['telemetry', 'identity', 'kms'] as const;
export type Service = (typeof SERVICES)[number];

/** The processes of the stack, started by this run with the command lines of the CLI. */
export interface Services extends AsyncDisposable {
  /** Whether their wall clock can be stepped. */
  readonly hasClock: boolean;
  kill(service: Service): Promise<void>;
  /** Starts those that do not run. */
  start(): Promise<void>;
  signal(service: Service, signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Sets the wall clock of all services this many seconds off the machine's. */
  stepClock(seconds: number): Promise<void>;
  /** Those that ended by themselves since the last look. */
  died(): readonly string[];
}

/**
 * Takes the services of a running stack over: ends them, and starts them again as children of this process.
 *
 * @param folder state folder
 */
export const takeOver = async (folder: string): Promise<Services> => {
  const { records } = await readRunFile(join(folder, 'run.json'));
  const commands = new Map<Service, readonly string[]>();
  for (const service of SERVICES) {
    const pid = records[service]?.pid;
    if (pid === undefined) throw new Error(`${service} does not run in ${folder}`);
    commands.set(service, (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1));
    process.kill(pid, 'SIGTERM');
    while (existsSync(`/proc/${pid}`)) await sleep(50);
  }

  // Beside the state folder: what a full disk cannot touch.
  const clock = `${folder}.clock`;
  await setClock(clock, 0);
  const faked = LIBFAKETIME === undefined ? {} : variablesOf(LIBFAKETIME, clock);
  const children = new Map<Service, ChildProcess>();
  const wanted = new Set<Service>();
  const dead: string[] = [];

  const launch = async (service: Service): Promise<void> => {
    const [program = '', ...args] = commands.get(service) ?? [];
    const log = await open(join(folder, 'logs', `${service}.log`), 'a', 0o600);
    const child = spawn(program, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...faked },
      stdio: ['ignore', log.fd, log.fd],
    });
    children.set(service, child);
    wanted.add(service);
    child.once('exit', (code, signal) => {
      children.delete(service);
      if (wanted.delete(service)) dead.push(`${service} ended by itself with ${signal ?? `code ${code}`}`);
    });
    await once(child, 'spawn');
    await log.close();
  };

  const kill: Services['kill'] = async (service) => {
    const child = children.get(service);
    wanted.delete(service);
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };

  return {
    hasClock: LIBFAKETIME !== undefined,
    kill,
    start: async () => {
      for (const service of SERVICES) if (!children.has(service)) await launch(service);
    },
    signal: (service, signal) => void children.get(service)?.kill(signal),
    stepClock: (seconds) => setClock(clock, seconds),
    died: () => dead.splice(0),
    [Symbol.asyncDispose]: async () => {
      for (const service of SERVICES) await kill(service);
    },
  };
};
