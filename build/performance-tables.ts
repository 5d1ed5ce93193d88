import type { Figure } from './performance-figures.ts';

const HEADS = ['', 'connections', 'CPU of a call', '× the bare server', 'of its calls a second', 'p99', 'resident'];

/** A number as people read it: whole ones from ten on, one decimal below. */
const short = (value: number): string => (value >= 9.95 ? String(Math.round(value)) : value.toFixed(1));

/** A call of a product is one row; its cells hold a value for each number of connections. */
const rowOf = (figures: readonly Figure[]): string => {
  const [first] = figures;
  const cell = (text: (figure: Figure) => string): string => figures.map(text).join(' / ');
  const most = Math.max(...figures.map(({ residentMiB }) => residentMiB ?? 0));
  return [
    `${first?.product}: ${first?.call}`,
    cell(({ connections }) => String(connections)),
    `${cell(({ cpuMicros }) => String(Math.round(cpuMicros)))} µs`,
    cell(({ timesBare }) => short(timesBare)),
    cell(({ shareOfBare }) => shareOfBare.toFixed(2)),
    `${cell(({ p99Ms }) => short(p99Ms))} ms`,
    most === 0 ? '' : `${Math.round(most)} MiB`,
  ].join(' | ');
};

const tableOf = (figures: readonly Figure[]): string => {
  const rows = Map.groupBy(figures, ({ product, call }) => `${product}: ${call}`);
  return [HEADS.join(' | '), HEADS.map(() => '---').join(' | '), ...[...rows.values()].map(rowOf)].map((row) => `| ${row} |`).join('\n');
};

/** A page with the table of each comment that names a service (`<!-- figures: kms -->`) between that comment and `<!-- /figures -->`. */
export const withPerformanceTables = (page: string, figures: readonly Figure[]): string =>
  page.replace(/(<!-- figures: (\w+) -->\n)[^]*?(<!-- \/figures -->)/g, (_, opening: string, name: string, closing: string) => {
    const own = figures.filter(({ service }) => service === name);
    if (own.length === 0) throw new TypeError(`docs/performance.json has no figure of ${name}`);
    return `${opening}\n${tableOf(own)}\n\n${closing}`;
  });
