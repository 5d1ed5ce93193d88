import { createPlainReporter } from './plain.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Warnings and the root cause are told even where only a document is wanted; they go to stderr. */
const ALWAYS_TOLD = new Set(['root-cause', 'warning']);

/** One document on stdout and nothing else there; with `-v` the transcript on stderr. */
export const createJsonReporter = (terminal: Terminal, options: ReporterOptions): Reporter => {
  const plain = createPlainReporter(terminal, options);
  const { verbosity } = options;
  return {
    emit: (event) => {
      if (verbosity === 'verbose' || (verbosity === 'normal' && ALWAYS_TOLD.has(event.type))) plain.emit(event);
    },
    result: (report) => void terminal.out.write(`${JSON.stringify(report, null, 2)}\n`),
    [Symbol.dispose]: () => undefined,
  };
};
