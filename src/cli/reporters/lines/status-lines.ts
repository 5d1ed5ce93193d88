import type { ChalkInstance } from 'chalk';
import type { ServiceHealth } from '#demo/health/status.ts';
import { printable } from '#infra/lines/printable.ts';
import { columnsOf, formatAge, pad, wrapText } from '../terminal/layout.ts';

const HEAD = ['Service', 'State', 'Up', 'Address', 'Cause'] as const;

/** A table of services: name, state, uptime, address and, when red, the cause, which goes on below where it is long. */
export const statusLines = (
  services: readonly ServiceHealth[],
  { paint, width }: { readonly paint: ChalkInstance; readonly width: number },
): readonly string[] => {
  const rows = services.map(({ service, state, uptimeMs, address, cause }) => [
    service,
    state,
    uptimeMs === null ? '-' : formatAge(uptimeMs),
    printable(address ?? '-'),
    printable(cause ?? ''),
  ]);
  const widths = HEAD.map((head, column) => Math.max(columnsOf(head), ...rows.map((row) => columnsOf(row[column] ?? ''))));
  const causeAt = widths.slice(0, -1).reduce((sum, columns) => sum + columns + 2, 0);
  const linesOf = (cells: readonly string[]): readonly string[] => {
    const before = cells.slice(0, -1).map((cell, column) => `${pad(cell, widths[column] ?? 0)}  `);
    const cause = wrapText(cells.at(-1) ?? '', Math.max(20, width - causeAt));
    return cause.map((text, index) => `${index === 0 ? before.join('') : ' '.repeat(causeAt)}${text}`.trimEnd());
  };
  const colored = (text: string, state: ServiceHealth['state']): string =>
    text.replace(` ${state}`, ` ${state === 'ready' ? paint.green(state) : paint.red(state)}`);
  return [
    ...linesOf(HEAD).map((line) => paint.bold(line)),
    ...services.flatMap(({ state }, index) => linesOf(rows[index] ?? []).map((line, at) => (at === 0 ? colored(line, state) : line))),
  ];
};

/** One service on one line, for a log of its changes: time, name, state, address and cause. */
export const statusLine = (
  { service, state, address, cause }: ServiceHealth,
  { paint, now }: { readonly paint: ChalkInstance; readonly now: number },
): string => {
  const colored = state === 'ready' ? paint.green(state) : paint.red(state);
  const rest = [address, cause].flatMap((text) => (text === null ? [] : [printable(text)]));
  return [paint.dim(new Date(now).toISOString()), service, colored, ...rest].join(' ').trimEnd();
};
