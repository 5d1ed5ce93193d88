import type { Emit } from '#demo/events.ts';
import type { Report } from '#demo/report.ts';

/** What tells a run: every event as it happens, then the report. */
export interface Reporter extends Disposable {
  readonly emit: Emit;
  /** The result, once, after the last event. */
  readonly result: (report: Report, options: ResultOptions) => void;
}

export interface ResultOptions {
  /** Whether to close with addresses and credentials: of use only while the stack stays up. */
  readonly access: boolean;
  /** Close with what to do next instead: addresses and credentials would hide that the run broke off. */
  readonly next?: boolean;
}

export interface ReporterOptions {
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
  /** Paths below it are printed relative to it. */
  readonly cwd: string;
  /** How this program is called from where the reader is, for example `npx passthru`. */
  readonly program: string;
  /** Flags that a further command needs to find this stack, for example ` --state-dir /srv/demo`. */
  readonly stackFlags: string;
}
