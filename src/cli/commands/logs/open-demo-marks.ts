import { type DemoRefusals, readDemoRefusals } from '#stack/record/demo-refusals.ts';
import type { DemoMark } from '#cli/reporters/lines/demo-mark.ts';
import type { LogEntry } from '#cli/reporters/lines/log-entry.ts';
import { createDemoMarks, mayBeMarked } from './demo-marks.ts';

/** A demo notes a refusal as soon as it has the answer, milliseconds at most: what was noted later is of later lines. */
const NOTED_WITHIN_MS = 5_000;

/** Only more is noted, until the file is rotated. */
const countOf = ({ refusals, handshakes, verdicts }: DemoRefusals): string =>
  [refusals, handshakes, verdicts].map(({ length }) => length).join();

/**
 * The marks of the demos on a stack; while one runs, what it notes is read as lines of it come.
 *
 * @param options.now epoch milliseconds
 */
export const openDemoMarks = async (options: {
  readonly stateDir: string;
  readonly now: () => number;
  readonly read?: typeof readDemoRefusals;
}): Promise<(entry: LogEntry) => Promise<DemoMark | null>> => {
  const { stateDir, now, read = readDemoRefusals } = options;
  let readAt = now();
  let noted = await read(stateDir);
  let markOf = createDemoMarks(noted);
  return async (entry) => {
    const mark = markOf(entry);
    if (mark !== null || !mayBeMarked(entry) || (entry.at ?? 0) + NOTED_WITHIN_MS < readAt) return mark;
    readAt = now();
    const fresh = await read(stateDir);
    if (countOf(fresh) === countOf(noted)) return null;
    noted = fresh;
    markOf = createDemoMarks(noted);
    return markOf(entry);
  };
};
