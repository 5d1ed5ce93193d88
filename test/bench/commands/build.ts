import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCli, type RunningCli } from '#test/support/cli.ts';
import { reservePorts, type StackPorts } from '#test/support/ports.ts';

/** One of the two builds that are measured: a checkout with its packages, and a stack of its own. */
export interface Build extends AsyncDisposable {
  readonly engine: Engine;
  readonly stateDir: string;
  readonly ports: StackPorts;
  /** Starts a command line without saying where its stack is. */
  bare(...args: readonly string[]): RunningCli;
  /** Starts a command on the stack of this build. */
  start(...args: readonly string[]): RunningCli;
  /** Runs a command on the stack of this build to its end, which is to be a good one. */
  run(...args: readonly string[]): Promise<void>;
  /** PEM of the root certificate. */
  ca(): Promise<string>;
}

export type Engine = 'embedded' | 'docker';

/**
 * @param root folder of the checkout
 * @param cache folder in which compiled modules are kept: warm or not is not left to the machine
 */
export const openBuild = async (root: string, engine: Engine, cache: string): Promise<Build> => {
  const folder = await mkdtemp(join(tmpdir(), 'passthru-bench-'));
  const stateDir = join(folder, '.passthru');
  const ports = await reservePorts();
  const at = ['--engine', engine, '--state-dir', stateDir, '--port-kms', String(ports.kms), '--port-identity', String(ports.identity)];
  const options = { cwd: folder, bin: join(root, 'bin/passthru.js'), env: { XDG_CACHE_HOME: cache } };
  const bare: Build['bare'] = (...args) => startCli(args, options);
  const start: Build['start'] = (...args) => bare(...args, ...at);
  const run: Build['run'] = (...args) => wellEnded(start(...args));
  return {
    engine,
    stateDir,
    ports,
    bare,
    start,
    run,
    ca: () => readFile(join(stateDir, 'tls/ca.pem'), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await run('down', '--volumes');
      await rm(folder, { recursive: true, force: true });
    },
  };
};

/** @throws Error with all that it said, where it ends with another code than 0 */
export const wellEnded = async ({ child, done }: RunningCli): Promise<void> => {
  const { code, stdout, stderr } = await done;
  if (code !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
};
