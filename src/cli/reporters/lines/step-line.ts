import type { ChalkInstance } from 'chalk';
import type { StepInfo, StepStatus } from '#demo/events.ts';
import { columnsOf, fit, formatDuration } from '../terminal/layout.ts';

export interface StepLineLayout {
  /** The text before the mark. */
  readonly before: string;
  readonly titleColumns: number;
  readonly paint: ChalkInstance;
  readonly width: number;
}

const MARKS: Readonly<Record<StepStatus, string>> = { passed: '✓', failed: '✗', skipped: '-' };
const TIME_COLUMNS = 10;

export const stepMark = (status: StepStatus, paint: ChalkInstance): string =>
  ({ passed: paint.green, failed: paint.red, skipped: paint.yellow })[status](MARKS[status]);

/** `[ 3/14]`, the place of a step among all. */
export const stepCounter = (step: StepInfo, steps: readonly { readonly step: StepInfo }[]): string => {
  const total = String(steps.length);
  return `[${String(steps.findIndex((each) => each.step.id === step.id) + 1).padStart(total.length)}/${total}]`;
};

/** The line of a step behind its mark: title, text and time, flush with the right edge. */
export const stepRest = (
  { title }: StepInfo,
  text: string,
  durationMs: number | null,
  { before, titleColumns, paint, width }: StepLineLayout,
): string => {
  const named = `${fit(title, titleColumns)} `;
  const time = durationMs === null ? '' : paint.dim(formatDuration(durationMs).padStart(TIME_COLUMNS));
  const room = width - columnsOf(before) - 3 - columnsOf(named) - TIME_COLUMNS;
  return `${named}${fit(text, room)}${time}`.trimEnd();
};
