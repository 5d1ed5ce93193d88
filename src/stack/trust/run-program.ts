import { execFile } from 'node:child_process';
import { AppError } from '#infra/apperr/app-error.ts';

/** Milliseconds: `update-ca-certificates` may take some seconds. */
const LIMIT_MS = 60_000;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  /** The first line that says something, of stderr, else of stdout. */
  readonly said: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Runs a program to its end; it has nothing to read.
 *
 * @returns null where there is no such program
 * @throws AppError `program-killed` after a minute
 */
export const runProgram = (program: string, args: readonly string[], env: Env): Promise<Ran | null> =>
  new Promise((resolve, reject) => {
    const child = execFile(program, [...args], { env: { ...env, LC_ALL: 'C' }, timeout: LIMIT_MS }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') return resolve(null);
      const said = `${stderr}\n${stdout}`.split('\n').find((line) => line.trim() !== '') ?? '';
      if (error !== null && typeof error.code !== 'number') {
        return reject(
          new AppError('program-killed', 500, `${program} did not end by itself within ${LIMIT_MS / 1_000} s: ${said}`, { cause: error }),
        );
      }
      return resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, said: said.trim() });
    });
    child.stdin?.end();
  });
