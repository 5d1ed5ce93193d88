import type { Engine, PartName } from '#engine/engine.ts';
import type { DemoRefusals } from '#stack/record/demo-refusals.ts';
import { isNoTrouble } from '#cli/reporters/lines/demo-mark.ts';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';
import { createDemoMarks, mayBeMarked } from './demo-marks.ts';

/**
 * The engine, whose diagnoses leave out of the end of a log the refusals that demos provoked, as `passthru logs --no-demo` does: they
 * explain no failure.
 *
 * @param read asked at each diagnosis with such lines
 */
export const withoutProvoked = (engine: Engine, read: () => Promise<DemoRefusals>): Engine => ({
  ...engine,
  diagnose: async (part) => {
    const diagnosis = await engine.diagnose(part);
    return { ...diagnosis, logTail: await unprovoked(part, diagnosis.logTail, read) };
  },
});

const unprovoked = async (part: PartName, lines: readonly string[], read: () => Promise<DemoRefusals>): Promise<readonly string[]> => {
  const entries = lines.map((line) => logEntry(part, line));
  if (!entries.some(mayBeMarked)) return lines;
  const markOf = createDemoMarks(await read());
  return entries.flatMap((entry) => {
    const mark = markOf(entry);
    return mark !== null && isNoTrouble(mark) ? [] : [entry.line];
  });
};
