import { spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';

/** A program with its arguments, as a shell would start it. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface RunningProgram {
  /**
   * The exit code as a shell tells it: that of the program, 128 and the number of the signal that ended it.
   *
   * @see POSIX.1-2024, Shell Command Language, section 2.8.2
   */
  readonly exitCode: Promise<number>;
  hasEnded(): boolean;
  /** Does nothing when the program has ended. */
  send(signal: NodeJS.Signals): void;
}

/**
 * Starts a program on our own stdin, stdout and stderr.
 *
 * @throws the system's error where it cannot be started
 */
export const startProgram = async ({ command, args, cwd, env }: Program): Promise<RunningProgram> => {
  const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
  const exitCode = new Promise<number>((done) => {
    child.once('exit', (code, signal) => done(code ?? 128 + (signal === null ? 0 : system.signals[signal])));
  });
  await new Promise<void>((started, failed) => {
    child.once('spawn', started);
    child.on('error', failed);
  });
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return { exitCode, hasEnded, send: (signal) => void child.kill(signal) };
};

/**
 * Why a program cannot be started, found by a look before anything is started for it; null where it can, as far as that shows, and where
 * the system has other rules for what is a program.
 */
export const whyNotStartable = async ({ command, cwd, env }: Program): Promise<'not-found' | 'not-executable' | null> => {
  if (process.platform === 'win32') return null;
  const folders = command.includes('/') ? [''] : (env['PATH'] ?? '').split(delimiter);
  const looks = await Promise.all(folders.map((folder) => lookAt(resolve(cwd, folder, command))));
  if (looks.includes(null)) return null;
  return looks.includes('not-executable') ? 'not-executable' : 'not-found';
};

const lookAt = async (path: string): Promise<'not-found' | 'not-executable' | null> => {
  try {
    const isFile = (await stat(path)).isFile();
    await access(path, constants.X_OK);
    return isFile ? null : 'not-executable';
  } catch (error) {
    return hasCode(error, 'ENOENT', 'ENOTDIR') ? 'not-found' : 'not-executable';
  }
};
