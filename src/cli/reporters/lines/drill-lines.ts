import type { ChalkInstance } from 'chalk';
import type { DrillsDocument } from '#cli/documents/drills.ts';
import { wrapText } from '../terminal/layout.ts';

const INDENT = 4;

/** A drill in a few lines: its name and engines, what it breaks, what must hold. */
export const drillLines = (
  drills: DrillsDocument['drills'],
  { paint, width }: { readonly paint: ChalkInstance; readonly width: number },
): readonly string[] =>
  drills.flatMap(({ name, breaks, must_hold, source, engines }, at) => [
    ...(at === 0 ? [] : ['']),
    `${paint.bold(name)}  ${paint.dim(engines.join(', '))}`,
    ...labelled('breaks', breaks, width),
    ...labelled('holds', `${must_hold} (docs/${source})`, width),
  ]);

const LABEL_COLUMNS = 8;

const labelled = (label: string, text: string, width: number): readonly string[] =>
  wrapText(text, width - INDENT - LABEL_COLUMNS).map(
    (line, at) => `${' '.repeat(INDENT)}${(at === 0 ? label : '').padEnd(LABEL_COLUMNS)}${line}`,
  );
