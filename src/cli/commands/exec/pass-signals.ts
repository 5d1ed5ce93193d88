import type { RunningProgram } from './program.ts';

/** Presses of Ctrl-C that follow each other this soon, milliseconds, are meant for us as well: the program did not end by the first. */
const TWICE_MS = 2_000;
/** One key press reaches us from the terminal and again through npm; a second one this soon, in milliseconds, is its echo. */
const ECHO_MS = 150;
/** Milliseconds after which a program that Ctrl-C was given to still runs, and somebody may wonder. */
const WONDER_MS = 500;
/** How long a program may take to end when we are to end, milliseconds; whoever stops us mostly kills us after ten seconds. */
const GRACE_MS = 5_000;

export interface PassOptions {
  readonly program: Pick<RunningProgram, 'send' | 'hasEnded'>;
  /** A terminal gives Ctrl-C to the program itself; another one from us would be one too many. */
  readonly hasTerminal: boolean;
  readonly now: () => number;
  /** Called when Ctrl-C was given to the program, and it goes on. */
  readonly tell: () => void;
  readonly after?: (milliseconds: number, call: () => void) => void;
}

/**
 * The way of signals that come to us while a program runs: they are for the program, which may go on after them, as an interactive one
 * does. One that does not end at Ctrl-C twice within two seconds, or within five seconds after another signal, is killed.
 */
export const passSignals = ({ program, hasTerminal, now, tell, after = afterwards }: PassOptions) => {
  let pressedAt = Number.NEGATIVE_INFINITY;
  return (signal: NodeJS.Signals): void => {
    if (signal !== 'SIGINT') {
      program.send(signal);
      after(GRACE_MS, () => program.send('SIGKILL'));
      return;
    }
    const since = now() - pressedAt;
    if (since < ECHO_MS) return;
    if (since <= TWICE_MS) return program.send('SIGKILL');
    pressedAt = now();
    if (!hasTerminal) program.send(signal);
    after(WONDER_MS, () => program.hasEnded() || tell());
  };
};

const afterwards = (milliseconds: number, call: () => void): void => void setTimeout(call, milliseconds).unref();
