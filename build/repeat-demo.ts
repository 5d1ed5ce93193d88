/**
 * Repeats the main job on one stack: `node build/repeat-demo.ts N`, then any flags of `passthru demo`, runs `demo all` N times in a row,
 * on the embedded engine where no `--engine` is given. It stops at the first run that fails, with its output, and takes the stack down
 * with its data at the end.
 *
 * Ends with 0 when all runs passed, else with the exit code of the run that did not.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const bin = join(import.meta.dirname, '..', 'bin', 'passthru.js');
const [count = '', ...more] = process.argv.slice(2);
if (!/^[1-9]\d*$/.test(count)) throw new Error('usage: node build/repeat-demo.ts N [flags of passthru demo]');
const runs = Number(count);
const engine = more.some((flag) => /^--engine(=|$)/.test(flag)) ? [] : ['--engine', 'embedded'];
const folder = await mkdtemp(join(tmpdir(), 'passthru-repeat-'));
const stateDir = join(folder, '.passthru');

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Runs the CLI in a process of its own, and keeps what it says on both outputs. */
const passthru = async (...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> => {
  const child = spawn(process.execPath, [bin, ...args, '--state-dir', stateDir], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
  return { code: code ?? 1, said: out + err };
};

/** Ctrl-C reaches the run under way as well; this process stays to take the stack down. */
const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort());

let passed = 0;
let failed: { readonly code: number; readonly said: string } | null = null;
try {
  while (passed < runs && failed === null && !interrupt.signal.aborted) {
    const begun = performance.now();
    const run = await passthru('demo', 'all', ...engine, ...more);
    if (run.code === 0) passed += 1;
    else failed = run;
    say(`run ${passed + (failed === null ? 0 : 1)} of ${runs}: exit code ${run.code}, ${Math.round(performance.now() - begun)} ms`);
  }
  if (failed !== null) say(failed.said);
} finally {
  const down = await passthru('down', '--volumes');
  if (down.code !== 0) say(down.said);
  await rm(folder, { recursive: true, force: true });
  process.exitCode = failed?.code ?? (passed === runs ? down.code : 130);
}
say(`${passed} of ${runs} runs passed`);
