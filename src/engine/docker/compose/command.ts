import { hasCode } from '#infra/apperr/system-error.ts';
import { execa, type ResultPromise } from 'execa';
import { dirname } from 'node:path';
import type { DockerConnection } from '../connection/docker-connection.ts';
import { linesOf } from '../connection/lines.ts';

/**
 * Docker Compose: which files a stack is made of, what is laid over them, and how the program is run and ended. It only makes
 * containers and images; everything else goes through the Engine API.
 */

/** After SIGTERM Compose ends what it is doing; milliseconds until it is killed. */
const KILL_DELAY_MS = 5_000;
/** Lines of its output that are kept for the message of a failure. */
const KEPT_LINES = 40;

export interface ComposeRun {
  readonly connection: DockerConnection;
  readonly project: string;
  readonly files: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Options before the command, then the command with its arguments. */
  readonly args: readonly string[];
  /** A last Compose file, given by standard input. */
  readonly input?: string;
  /** Each line that it says, as it comes. */
  readonly said: (line: string) => void;
  readonly signal: AbortSignal;
}

/** How it ended, and its last lines, oldest first. */
export interface ComposeOutcome {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/**
 * Runs `docker compose` on the resolved engine, with the environment of the connection and nothing else of ours. In a process
 * group of its own: Ctrl-C at the terminal reaches us, and we decide when it has to end.
 *
 * @throws DOMException AbortError when `signal` aborted
 */
export const runCompose = async (options: ComposeRun): Promise<ComposeOutcome> => {
  const { connection, project, files, variables, args, input, said, signal } = options;
  signal.throwIfAborted();
  const [first = '.'] = files;
  const named = [
    '-p',
    project,
    '--project-directory',
    dirname(first),
    ...files.flatMap((file) => ['-f', file]),
    ...(input === undefined ? [] : ['-f', '-']),
  ];
  const running = execa('docker', ['compose', ...named, ...args], {
    env: { ...connection.env, ...variables },
    extendEnv: false,
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
    all: true,
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
  });
  const stop = () => endGroup(running);
  signal.addEventListener('abort', stop, { once: true });
  const lines: string[] = [];
  try {
    for await (const line of linesOf(running.all)) {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      said(line);
    }
    const { failed, originalMessage } = await running;
    signal.throwIfAborted();
    return { ok: !failed, lines: lines.length === 0 && originalMessage !== undefined ? [originalMessage] : lines };
  } finally {
    signal.removeEventListener('abort', stop);
  }
};

/** The program and the plugin that it started; what does not heed SIGTERM is killed. */
const endGroup = (running: ResultPromise): void => {
  const send = (name: NodeJS.Signals): void => {
    try {
      // A negative number means the group on POSIX; Windows has none, and ends the program.
      process.kill(process.platform === 'win32' ? (running.pid ?? 0) : -(running.pid ?? 0), name);
    } catch (error) {
      if (!hasCode(error, 'ESRCH')) throw error;
    }
  };
  if (running.pid === undefined) return;
  send('SIGTERM');
  const timer = setTimeout(() => send('SIGKILL'), KILL_DELAY_MS);
  void running.finally(() => clearTimeout(timer));
};
