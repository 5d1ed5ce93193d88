import type { Emit } from '#demo/events.ts';
import type { Report } from '#demo/report.ts';
import type { PrintedCommand } from '#cli/settings/printed-command.ts';
import type { CliSettings } from '#cli/settings/settings.ts';
import type { ResultOptions } from './lines/summary.ts';

/** What tells a run: every event as it happens, then the report. */
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
