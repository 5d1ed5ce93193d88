import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { SecondCli } from '#demo/drills/kit/drill.ts';
import { PACKAGE_ROOT } from '#infra/process/package-root.ts';

/** Milliseconds after which a command that hangs is killed. */
const LIMIT_MS = 60_000;

/** This program once more, as a process of its own on the same stack. */
export const secondCli =
  ({ stateDir, engine }: { readonly stateDir: string; readonly engine: string }): SecondCli =>
  (...args) =>
    new Promise((resolve) => {
      const bin = join(PACKAGE_ROOT, 'bin', 'passthru.js');
      const command = [bin, ...args, '--state-dir', stateDir, '--engine', engine];
      execFile(process.execPath, command, { timeout: LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
        // Of a process that a signal ended, the code is none.
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, said: `${stdout}${stderr}` });
      });
    });
