import type { ChalkInstance } from 'chalk';
import type { DemoEvent } from '#demo/events.ts';
import { printable } from '#infra/lines/printable.ts';
import { cut, wrapText } from '../terminal/layout.ts';
import { fixLines } from './failure-lines.ts';
import { serviceRecord } from './service-record.ts';

export interface RootCauseLayout {
  readonly paint: ChalkInstance;
  readonly width: number;
}

/** Lines of the log that are shown; the fix says how all are read. */
const SHOWN = 5;

/** A line of a log as people read it: `07:53:00 WARN body`, in UTC as the log has it. */
export const tailText = (line: string): string => {
  const record = serviceRecord(line);
  if (record === null) return line;
  return `${new Date(record.timestamp).toISOString().slice(11, 19)} ${record.severity} ${record.body}`;
};

/** The part that failed first and why, the end of its log, and the fix. */
export const rootCauseLines = (
  { line, logTail, fix }: Extract<DemoEvent, { type: 'root-cause' }>,
  { paint, width }: RootCauseLayout,
): readonly string[] => [
  '',
  ...wrapText(printable(line), width - 16).map((text, index) => `  ${index === 0 ? paint.red.bold('Root cause') : '          '}  ${text}`),
  ...logTail.slice(-SHOWN).map((text) => `    ${paint.dim(`│ ${cut(printable(tailText(text)), width - 6)}`)}`),
  ...(fix === '' ? [] : fixLines(fix, { paint, width, indent: 4 })),
];
