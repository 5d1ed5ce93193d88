import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kmsApi, type KmsApi } from '#client/kms/kms.ts';
import { basic } from '#client/session/authorization.ts';
import { createSession } from '#client/session/session.ts';
import type { Report } from '#demo/report.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { reservePorts, type StackPorts } from './ports.ts';

/** The command as it is installed. */
export const BIN = join(import.meta.dirname, '../../bin/passthru.js');

export interface CliResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly done: Promise<CliResult>;
  /** Resolves as soon as stderr or stdout holds the text; rejects when the command ends without it. */
  said(text: string): Promise<void>;
}

/** A place where nothing can be remembered: no test depends on the runs of another, and none is left in the home of a developer. */
export const NO_MEMORY = { XDG_STATE_HOME: '/dev/null' } as const;

/** Starts the CLI as a process of its own, as a user would; nothing of the test's environment but the path goes along. */
export const startCli = (
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string>; readonly bin?: string } = {},
): RunningCli => {
  const child = spawn(process.execPath, [options.bin ?? BIN, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...NO_MEMORY, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.includes(text) || stderr.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`the command ended without saying ${JSON.stringify(text)}:\n${stdout}\n${stderr}`)));
      look();
    });
  return { child, done, said };
};

/** Runs the CLI to its end. */
export const cli = (args: readonly string[], options: Parameters<typeof startCli>[1] = {}): Promise<CliResult> =>
  startCli(args, options).done;

/** A state folder, an engine and ports for one demo of a test; disposing takes down whatever runs there and removes the folder. */
export interface DemoPlace extends AsyncDisposable {
  readonly folder: string;
  readonly stateDir: string;
  readonly ports: StackPorts;
  /** Flags that place a command here. */
  readonly flags: readonly string[];
  run(...args: string[]): Promise<CliResult>;
  start(...args: string[]): RunningCli;
}

/** @param on the folder in which the place is made, of temporary files where absent */
export const demoPlace = async (engine: 'embedded' | 'docker' = 'embedded', on = tmpdir()): Promise<DemoPlace> => {
  const folder = await mkdtemp(join(on, `passthru-${randomUUIDv7()}-`));
  const stateDir = join(folder, '.passthru');
  const ports = await reservePorts();
  const flags = ['--engine', engine, '--state-dir', stateDir, '--port-kms', String(ports.kms), '--port-identity', String(ports.identity)];
  // A machine of two cores that runs several stacks at once takes its time.
  const options = { cwd: folder, env: { PASSTHRU_HEALTH_TIMEOUT: '120' } };
  return {
    folder,
    stateDir,
    ports,
    flags,
    run: (...args) => cli([...args, ...flags], options),
    start: (...args) => startCli([...args, ...flags], options),
    [Symbol.asyncDispose]: async () => {
      const { code, stderr } = await cli(['down', '--volumes', ...flags], { cwd: folder });
      if (code !== 0) throw new Error(`passthru down ended with ${code}:\n${stderr}`);
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** The KMS of a report as one of its demo accounts sees it. */
export const kmsOf = (report: Report, client: HttpsClient, username: string): KmsApi => {
  const account = report.credentials.find((credential) => credential.username === username);
  if (account === undefined) throw new Error(`${username} is not among the credentials of the report`);
  const authorization = basic(account.username, account.password);
  return kmsApi({ url: report.endpoints.kms.service, session: createSession({ client }), authorization });
};
