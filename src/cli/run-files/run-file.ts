import type { Emit } from '#demo/events.ts';
import type { Recorder } from '#demo/evidence/recorder.ts';
import type { Outcome } from '#demo/outcome.ts';
import type { Report } from '#demo/report.ts';
import type { Engine } from '#engine/engine.ts';
import type { Failure } from '#infra/apperr/result.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';

/** The files that a run leaves where its settings say so. */
export interface RunFiles {
  /** Keeps the exchanges of the run for its files; null: none of them wants these. */
  readonly recorder: Recorder | null;
  /** Hears every event of the run. */
  readonly emit: Emit;
  /** Asks the stack for what files say of it; call it when the steps have ended and the stack is still there. */
  observe(engine: Engine, outcome: Outcome): Promise<void>;
  /**
   * Writes each aside and renames it. A file that cannot be written is told, and makes of a run that passed one that did not: whoever
   * asked for it would miss it later.
   *
   * @returns the report and the exit code that the run ends with, and the paths of the files that are there
   */
  write(
    report: Report,
    exitCode: ExitCode,
  ): Promise<{ readonly report: Report; readonly exitCode: ExitCode; readonly written: Partial<Record<RunFile['key'], string>> }>;
}

/** One of them. */
export interface RunFile {
  /** Its key in the settings. */
  readonly key: 'junit' | 'report';
  readonly path: string;
  readonly emit?: Emit;
  observe?(engine: Engine, outcome: Outcome): Promise<void>;
  /** Of a run that ended, however it did. */
  textOf(report: Report): string;
  /** Of a run that did not begin; null: there is nothing to say. */
  textOfNoRun(error: Failure): string | null;
  /** Called when it is there. */
  written?(): Promise<void>;
}
