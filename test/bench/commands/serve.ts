import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import type { Build } from './build.ts';
import { processesIn, processorTimeOfPid, type Spent } from './spent.ts';

type Server = 'kms' | 'identity';

/** Between two looks, milliseconds. */
const LOOK_MS = 5;
const TIMEOUT_MS = 60_000;

/**
 * Ends a server of a stack that is up and starts it again by the same command line, beside the others: from the spawn to the first
 * `/readyz` that says yes.
 */
export const serveAgain = async (build: Build, server: Server): Promise<Spent> => {
  const { pid, commandLine } = await serverOf(build, server);
  process.kill(pid, 'SIGTERM');
  while ((await processesIn(build.stateDir)).includes(pid)) await pause(LOOK_MS);
  const [program = '', ...args] = commandLine;
  const ca = await build.ca();
  const begun = performance.now();
  const child = spawn(program, args, { cwd: build.stateDir, detached: true, stdio: ['ignore', 'ignore', openSync('/dev/null', 'a')] });
  await once(child, 'spawn');
  child.unref();
  while (!(await isReady(build.ports[server], ca))) {
    if (performance.now() - begun > TIMEOUT_MS) throw new Error(`${commandLine.join(' ')} was not ready within a minute`);
    await pause(LOOK_MS);
  }
  const clock = performance.now() - begun;
  return { clock, processor: await processorTimeOfPid(child.pid ?? 0) };
};

const serverOf = async (build: Build, server: Server) => {
  for (const pid of await processesIn(build.stateDir)) {
    const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    if (commandLine[commandLine.indexOf('serve') + 1] === server) return { pid, commandLine };
  }
  throw new Error(`no process in ${build.stateDir} serves ${server}`);
};

const isReady = (port: number, ca: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ host: 'localhost', port, path: '/readyz', ca }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });
