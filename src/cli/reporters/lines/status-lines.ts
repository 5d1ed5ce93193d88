import type { ChalkInstance } from 'chalk';
import type { ServiceHealth } from '#demo/health/status.ts';
import { columnsOf, cut, formatAge, pad } from '../terminal/layout.ts';
import { printable } from '../terminal/terminal.ts';

const HEAD = ['Service', 'State', 'Up', 'Address', 'Cause'] as const;

/** A table of services, a line each: name, state, uptime, address and, when red, the cause. */
export const statusLines = (
  services: readonly ServiceHealth[],
  { paint, width }: { readonly paint: ChalkInstance; readonly width: number },
): readonly string[] => {
  const rows = services.map(({ service, state, uptimeMs, address, cause }) => [
    service,
    state,
    uptimeMs === null ? '-' : formatAge(uptimeMs),
    printable(address),
    printable(cause ?? ''),
  ]);
  const widths = HEAD.map((head, column) => Math.max(columnsOf(head), ...rows.map((row) => columnsOf(row[column] ?? ''))));
  const causeAt = widths.slice(0, -1).reduce((sum, columns) => sum + columns + 2, 0);
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === HEAD.length - 1 ? cut(cell, Math.max(20, width - causeAt)) : pad(cell, widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const colored = (text: string, state: ServiceHealth['state']): string =>
    text.replace(` ${state}`, ` ${state === 'ready' ? paint.green(state) : paint.red(state)}`);
  return [paint.bold(line([...HEAD])), ...services.map(({ state }, index) => colored(line(rows[index] ?? []), state))];
};
