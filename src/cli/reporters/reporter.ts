import type { Emit } from '#demo/events.ts';
import type { Report } from '#demo/report.ts';

/** What tells a run: every event as it happens, then the report. */
export interface Reporter extends Disposable {
  readonly emit: Emit;
  /** The result, once, after the last event. */
  readonly result: (report: Report) => void;
}

export interface ReporterOptions {
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
  /** Paths below it are printed relative to it. */
  readonly cwd: string;
  /** Whether to close with addresses and credentials: of use only while the stack stays up. */
  readonly access: boolean;
  /** Flags that a further command needs to find this stack, for example ` --state-dir /srv/demo`. */
  readonly stackFlags: string;
}
