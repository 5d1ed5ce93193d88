import { homeFolder } from '#infra/process/home-folder.ts';
import { steadyNow } from '#infra/jobs/clock.ts';
import { EXIT } from './exit-codes.ts';
import type { SignalSource } from './interrupts.ts';

/** An output as far as the CLI needs it. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** An input as far as the CLI needs it. */
export interface InputStream {
  readonly isTTY?: boolean;
  /** Of a terminal: keys come at once, and are not shown. */
  setRawMode?(isRaw: boolean): unknown;
  /** @param options.destroyOnReturn false leaves it open when the reader stops before its end */
  iterator(options: { readonly destroyOnReturn: boolean }): AsyncIterable<string | Uint8Array>;
  pause(): unknown;
}

/**
 * All that the CLI takes from its process, read once: nothing else in this room touches `process`, so that a test runs a command
 * line without a process of its own.
 */
export interface CliProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Null where the user has none. */
  readonly home: string | null;
  readonly out: OutputStream;
  readonly err: OutputStream;
  /** Opened when it is asked for. */
  readonly stdin: () => InputStream;
  readonly signals: SignalSource;
  /** Aborts when nothing that is written to stdout arrives any more. */
  readonly outClosed: AbortSignal;
  /** Epoch milliseconds as of the start of the process, and steady since: for waits and durations as much as for time stamps. */
  readonly now: () => number;
  /** Ends the process by the signal that it would not hear. */
  readonly giveUp: () => void;
}

/** Milliseconds that the CLI may take to end after the second Ctrl-C: longer than killing a service may take. */
const LAST_GRACE = 9_000;

/** The reader of a pipe or a socket has gone. */
const READER_GONE = ['EPIPE', 'ECONNRESET'];

/**
 * Hears of a write that arrives nowhere, because a reader has gone, a terminal is closed, a disk is full: the work goes on, above all a
 * teardown. An error that is not the system's is a bug.
 */
type Unwritten = (error: NodeJS.ErrnoException) => void;

const onUnwritten = (stream: NodeJS.WriteStream, unwritten: Unwritten): void => {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.syscall === undefined) throw error;
    unwritten(error);
  });
};

export const cliProcess = (program: NodeJS.Process): CliProcess => {
  const { stdout, stderr } = program;
  const closed = new AbortController();
  onUnwritten(stdout, ({ code, message }) => {
    if (closed.signal.aborted) return;
    closed.abort();
    // `passthru logs | head`, or a terminal that was closed: nobody reads on, which is no failure of ours. A file lacks its answer.
    if (READER_GONE.includes(code ?? '') || stdout.isTTY) return;
    stderr.write(`! the result could not be written: ${message}\n`);
    program.once('exit', () => (program.exitCode = Number(program.exitCode ?? EXIT.passed) || EXIT.failed));
  });
  // There is nowhere left to tell that remarks are lost, and none of them is the result.
  onUnwritten(stderr, () => undefined);
  return {
    env: program.env,
    cwd: program.cwd(),
    home: homeFolder(),
    out: stdout,
    err: stderr,
    stdin: () => program.stdin,
    signals: program,
    outClosed: closed.signal,
    now: steadyNow,
    giveUp: () => void setTimeout(() => program.kill(program.pid, 'SIGKILL'), LAST_GRACE).unref(),
  };
};
