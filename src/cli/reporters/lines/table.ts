import type { ChalkInstance } from 'chalk';
import { printable } from '#infra/lines/printable.ts';
import { columnsOf, pad } from '../terminal/layout.ts';

export interface TableLayout {
  readonly paint: ChalkInstance;
}

/**
 * A heading, and a line each row, in columns that are as wide as their widest text. A row with fewer cells than the heading says something
 * in their place, and widens none.
 */
export const tableLines = (head: readonly string[], rows: readonly (readonly string[])[], { paint }: TableLayout): readonly string[] => {
  const shown = rows.map((row) => row.map(printable));
  const full = shown.filter(({ length }) => length === head.length);
  const widths = head.map((text, column) => Math.max(columnsOf(text), ...full.map((row) => columnsOf(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [paint.bold(line(head)), ...shown.map(line)];
};
