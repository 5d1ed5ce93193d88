import type { ChalkInstance } from 'chalk';
import type { TraceSummary } from '#demo/traces/list-traces.ts';
import { columnsOf, cut, pad } from '../terminal/layout.ts';
import { visible } from '../terminal/visible.ts';
import { serviceName, statusText, timeText } from './trace-lines.ts';

const HEAD = ['Time (UTC)', 'Trace', 'Took', 'Status', 'Services', 'Begins with'] as const;
const ID_DIGITS = 8;

/** A table of traces, a line each: when it began, enough of its id to ask for it, how long it took, how it ended, who had part in it. */
export const traceListLines = (
  traces: readonly TraceSummary[],
  { paint, width }: { readonly paint: ChalkInstance; readonly width: number },
): readonly string[] => {
  const rows = traces.map(({ startMs, traceId, durationMs, services, root }) => [
    new Date(startMs).toISOString().slice(11, 23),
    // A pipe has room for all of it.
    width === Number.POSITIVE_INFINITY ? traceId : traceId.slice(0, ID_DIGITS),
    timeText(durationMs),
    statusOf(root),
    services.map(serviceName).join(' '),
    visible(root.name),
  ]);
  const widths = HEAD.map((head, column) => Math.max(columnsOf(head), ...rows.map((row) => columnsOf(row[column] ?? ''))));
  const lineOf = (cells: readonly string[]): string =>
    cut(
      cells
        .map((cell, column) => (column === 2 ? cell.padStart(widths[column] ?? 0) : pad(cell, widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
      width,
    );
  return [
    paint.bold(lineOf(HEAD)),
    ...traces.map(({ root, hasFailed }, index) => {
      const line = lineOf(rows[index] ?? []);
      const status = statusOf(root);
      if (status !== '' && status !== '-') return line.replace(`  ${status} `, `  ${statusText(root, paint)} `);
      return hasFailed ? paint.yellow(line) : line;
    }),
  ];
};

const statusOf = (root: TraceSummary['root']): string => {
  const status = root.attributes['http.response.status_code'];
  return typeof status === 'number' ? `${status}` : root.isError ? 'error' : '-';
};
