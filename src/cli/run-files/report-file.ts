import { arch, platform } from 'node:os';
import { version as node } from 'node:process';
import type { DemoEvent } from '#demo/events.ts';
import type { Recorder } from '#demo/evidence/recorder.ts';
import { writeLastReport } from '#stack/record/last-report.ts';
import { reportPage } from '#cli/reporters/page/page.ts';
import { basesOf } from './bases.ts';
import { lanesOf } from './lanes.ts';
import { NOTHING_OBSERVED, observe, type Observed } from './observed.ts';
import { withReadableTail } from './readable-tail.ts';
import type { RunFile } from './run-file.ts';

export interface ReportFileOptions {
  readonly path: string;
  /** Of passthru. */
  readonly version: string;
  /** Remembers where the last report is, for `passthru open report`. */
  readonly stateDir: string;
  /** Keeps the exchanges of the run, redacted. */
  readonly recorder: Pick<Recorder, 'exchanges'>;
}

/** The page of a run: `--report`. */
export const reportFile = ({ path, version, stateDir, recorder }: ReportFileOptions): RunFile => {
  const events: DemoEvent[] = [];
  let observed: Observed = NOTHING_OBSERVED;
  return {
    key: 'report',
    path,
    emit: (event) => void events.push(event),
    observe: async (engine, outcome) => {
      observed = await observe(engine, outcome);
    },
    textOf: (report) =>
      reportPage({
        report: withReadableTail(report),
        startedAt: events[0]?.at ?? 0,
        lanes: lanesOf(events),
        exchanges: recorder.exchanges,
        bases: basesOf(events),
        trace: observed.trace,
        environment: { version, node, platform: `${platform()} ${arch()}`, certificates: observed.certificates, notes: observed.notes },
      }),
    // Nothing came to pass that a page could show.
    textOfNoRun: () => null,
    written: () => writeLastReport(stateDir, path),
  };
};
