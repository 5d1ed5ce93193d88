import type { Emit } from '#demo/events.ts';
import type { Report } from '#demo/report.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import type { CliSettings } from '#cli/settings/settings.ts';
import type { ResultOptions } from './lines/summary.ts';

/**
 * A reporter prints a run: every event as it happens, then the report. There is one for each form of output; `createReporter`
 * chooses. Results of other commands, failures and remarks go through a Printer.
 *
 * This folder alone writes lines for people: `terminal` knows columns and colours, `lines` turns events, reports and failures into
 * lines, and the reporters write them. It sees the demo's events and report, documents, settings and shell.
 */
export interface Reporter extends Disposable {
  readonly emit: Emit;
  /** The result, once, after the last event. */
  readonly result: (report: Report, options: ResultOptions) => void;
}

export interface ReporterOptions {
  readonly verbosity: CliSettings['verbosity'];
  /** Paths below it are printed relative to it. */
  readonly cwd: string;
  /** A further command on this stack, as it is printed. */
  readonly printedCommand: PrintedCommand;
}
