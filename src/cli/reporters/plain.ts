import type { DemoEvent } from '#demo/events.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { summaryLines } from './lines/summary.ts';
import type { Terminal } from './terminal/terminal.ts';
import { createTranscript } from './lines/transcript.ts';

/** Without it nobody could tell why a run failed. */
const saysWhy = (event: DemoEvent): boolean => event.type === 'root-cause' || (event.type === 'step-finished' && event.status === 'failed');

/** Lines one after another, for pipes, files and dumb terminals: the transcript to stderr, the result to stdout. */
export const createPlainReporter = (terminal: Terminal, options: ReporterOptions): Reporter => {
  const { verbosity } = options;
  const transcript = createTranscript({ paint: terminal.paintErr, width: terminal.width, verbose: verbosity === 'verbose' });
  return {
    emit: (event) => {
      const lines = transcript.lines(event);
      if (verbosity !== 'quiet' || saysWhy(event)) for (const line of lines) terminal.err.write(`${line}\n`);
    },
    result: (report, resultOptions) => {
      for (const line of summaryLines(report, { ...options, ...resultOptions, paint: terminal.paintOut, width: terminal.width }))
        terminal.out.write(`${line}\n`);
    },
    [Symbol.dispose]: () => undefined,
  };
};
