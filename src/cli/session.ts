import { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type Interrupts, watchInterrupts } from './interrupts.ts';
import { type Options, resolveOptions } from './options.ts';
import { type Output, tell, tellFailure } from './reporters/answer.ts';
import { createTerminal, type Terminal } from './reporters/terminal/terminal.ts';
import type { Surroundings } from './surroundings.ts';
import { isUsageError } from './options/usage-error.ts';

/** What a command works with. */
export interface Session {
  /** As typed, for example `demo all`. */
  readonly command: string;
  readonly options: Options;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly surroundings: Surroundings;
}

export interface SessionOptions {
  readonly command: string;
  /** By setting key. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly surroundings: Surroundings;
  /** What a first signal makes this command do, told at once; the second skips it. */
  readonly onInterrupt: { readonly first: string; readonly second: string };
}

/** Options, terminal and signals around a command's work; what it throws is told, and its exit code answered. */
export const withSession = async (
  { command, flags, surroundings, onInterrupt }: SessionOptions,
  work: (session: Session) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const { env, out, err, now, signals, giveUp } = surroundings;
  let output = wantedOutput(flags, env);
  let terminal = createTerminal({ out, err, env, color: flags['color'] === false ? false : undefined });
  const pressed = (press: 'first' | 'second'): void => {
    tell(terminal, press === 'first' ? `\n${onInterrupt.first}` : onInterrupt.second);
    if (press === 'second') giveUp();
  };
  using _alive = keepAlive();
  using interrupts = watchInterrupts({ source: signals, now, tell: pressed });
  try {
    const options = await resolveOptions({
      flags,
      env,
      cwd: surroundings.cwd,
      home: surroundings.home,
      warn: (text) => tell(terminal, `! ${text}`),
    });
    output = options.output;
    terminal = createTerminal({ out, err, env, color: options.color });
    return await work({ command, options, terminal, interrupts, surroundings });
  } catch (thrown) {
    if (interrupts.first.aborted) return EXIT.interrupted;
    const exitCode = isUsageError(thrown) ? EXIT.usage : EXIT.failed;
    const fields = thrown instanceof AppError ? thrown.fields : [];
    tellFailure({ command, failure: failureFrom(thrown), fields, exitCode }, { terminal, output, now });
    return exitCode;
  }
};

/** Longest delay that a timer takes, milliseconds. */
const FOREVER = 2 ** 31 - 1;

/**
 * Keeps the process until a command is done: it may wait for what keeps no process alive, such as the end of a service that
 * was let go, and would else end half-way with exit code 0.
 */
const keepAlive = (): Disposable => {
  const timer = setInterval(() => undefined, FOREVER);
  return { [Symbol.dispose]: () => clearInterval(timer) };
};

/** How to tell that the options themselves are wrong, before they are read. */
const wantedOutput = (flags: SessionOptions['flags'], env: Surroundings['env']): Output => {
  const wanted = flags['output'] ?? env['PASSTHRU_OUTPUT'];
  return wanted === 'json' || wanted === 'structured' ? wanted : 'human';
};
