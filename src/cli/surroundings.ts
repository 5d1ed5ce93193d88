import { homedir } from 'node:os';
import type { SignalSource } from './interrupts.ts';
import type { Stream } from './reporters/terminal/terminal.ts';

/** All that the CLI takes from its process, read once. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly out: Stream;
  readonly err: Stream;
  readonly signals: SignalSource;
  /** Aborts when the reader of stdout has gone away. */
  readonly outClosed: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Ends the process by the signal that it would not hear. */
  readonly giveUp: () => void;
}

/** Milliseconds that the CLI may take to end after the second Ctrl-C: longer than killing a service may take. */
const LAST_GRACE = 9_000;

export const surroundingsOf = (program: NodeJS.Process): Surroundings => {
  const closed = new AbortController();
  for (const stream of [program.stdout, program.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `passthru logs | head`: nobody reads on, which is no failure of ours.
      if (error.code !== 'EPIPE') throw error;
      if (stream === program.stdout) closed.abort();
    });
  }
  return {
    env: program.env,
    cwd: program.cwd(),
    home: homedir(),
    out: program.stdout,
    err: program.stderr,
    signals: program,
    outClosed: closed.signal,
    now: Date.now,
    giveUp: () => void setTimeout(() => program.kill(program.pid, 'SIGKILL'), LAST_GRACE).unref(),
  };
};
