import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A run of tests in a process of its own (test/testing/suite-process.ts). */
export interface Suite {
  readonly child: ChildProcess;
  /** The next line that it tells. */
  next(): Promise<Record<string, unknown>>;
  /** Exit code and signal. */
  readonly ended: Promise<unknown>;
}

export const startSuite = (...args: readonly string[]): Suite => {
  const program = join(import.meta.dirname, '../testing/suite-process.ts');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    ended,
    next: async () => {
      const line = await lines.next();
      if (line.done === true) throw new Error(`the suite told nothing more: ${said}`);
      return JSON.parse(line.value) as Record<string, unknown>;
    },
  };
};
