import ora from 'ora';
import type { DemoEvent } from '#demo/events.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { summaryLines } from './lines/summary.ts';
import type { Terminal } from './terminal/terminal.ts';
import { createTranscript } from './lines/transcript.ts';

export interface PrettyOptions extends ReporterOptions {
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** How often the elapsed time of the step under way is rewritten, milliseconds. */
const REFRESH = 100;

/** The transcript on a terminal, with a spinner on the line of the step under way. */
export const createPrettyReporter = (terminal: Terminal, options: PrettyOptions): Reporter => {
  const { now, verbosity } = options;
  const transcript = createTranscript({ paint: terminal.paintErr, width: terminal.width, verbose: verbosity === 'verbose' });
  // Raw mode would keep Ctrl-C from becoming SIGINT while the event loop is busy.
  const spinner = ora({
    stream: terminal.err as NodeJS.WriteStream,
    discardStdin: false,
    isEnabled: true,
    color: terminal.paintErr.level === 0 ? false : 'cyan',
  });
  let current: { id: string; since: number } | null = null;
  let refresh: NodeJS.Timeout | undefined;

  const draw = (): void => {
    if (current === null) return;
    const { before, after } = transcript.running(current.id, now() - current.since);
    spinner.prefixText = before;
    spinner.text = after;
  };
  const halt = (): void => {
    clearInterval(refresh);
    current = null;
    if (spinner.isSpinning) spinner.stop();
  };
  const print = (lines: readonly string[]): void => {
    // While it spins, ora clears its line before and draws it again after each write.
    for (const line of lines) terminal.err.write(`${line}\n`);
  };
  const step = (event: DemoEvent): void => {
    if (event.type === 'step-started') {
      current = { id: event.step.id, since: event.attempt === 1 || current === null ? event.at : current.since };
      draw();
      spinner.start();
      clearInterval(refresh);
      refresh = setInterval(draw, REFRESH);
    } else if (event.type === 'step-progress') {
      draw();
      spinner.render();
    }
  };
  return {
    emit: (event) => {
      if (event.type === 'step-finished' || event.type === 'run-finished') halt();
      print(transcript.lines(event));
      step(event);
    },
    result: (report, resultOptions) => {
      halt();
      for (const line of summaryLines(report, { ...options, ...resultOptions, paint: terminal.paintOut, width: terminal.width }))
        terminal.out.write(`${line}\n`);
    },
    [Symbol.dispose]: halt,
  };
};
