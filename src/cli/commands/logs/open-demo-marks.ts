import { readDemoRefusals } from '#stack/record/demo-refusals.ts';
import type { DemoMark } from '#cli/reporters/lines/demo-mark.ts';
import type { LogEntry } from '#cli/reporters/lines/log-entry.ts';
import { createDemoMarks, mayBeMarked } from './demo-marks.ts';

/** The marks of the demos on a stack; while one runs, what it notes is read as lines of it come. */
export const openDemoMarks = async (
  stateDir: string,
  read: typeof readDemoRefusals = readDemoRefusals,
): Promise<(entry: LogEntry) => Promise<DemoMark | null>> => {
  let noted = await read(stateDir);
  let markOf = createDemoMarks(noted);
  return async (entry) => {
    const mark = markOf(entry);
    if (mark !== null || !mayBeMarked(entry)) return mark;
    const now = await read(stateDir);
    if (now.refusals.length === noted.refusals.length && now.verdicts.length === noted.verdicts.length) return null;
    noted = now;
    markOf = createDemoMarks(noted);
    return markOf(entry);
  };
};
