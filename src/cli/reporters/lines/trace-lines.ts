import type { ChalkInstance } from 'chalk';
import { httpStatusOf, type Span } from '#demo/traces/span.ts';
import { inOrder, type PlacedNode, type SpanNode, type Trace } from '#demo/traces/trace-tree.ts';
import { columnsOf, cut, pad } from '../terminal/layout.ts';
import { visible } from '../terminal/visible.ts';

export interface TraceLayout {
  readonly paint: ChalkInstance;
  /** Infinite in a pipe, where no line is cut. */
  readonly width: number;
  /** Every attribute of each span, and each span of a row of equal ones. */
  readonly verbose: boolean;
}

/** Of the bar, where there is room, and where names need it more. */
const [BAR_COLUMNS, SHORT_BAR_COLUMNS, ROOM] = [20, 10, 120];
/** Start and time. */
const LEAD_COLUMNS = 19;
/** Steps to the right beyond which a tree is not drawn deeper. */
const MAX_DEPTH = 24;
/** A row of spans that is longer tells its first ones one by one. */
const [MAX_ROW, FIRST_OF_ROW] = [16, 10];
/** Names in the sum of the others. */
const MAX_NAMES = 4;

/** Milliseconds as they are read: three digits that count. */
export const timeText = (ms: number): string => {
  if (ms >= 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`;
  return `${ms >= 100 ? ms.toFixed(0) : ms.toFixed(ms >= 10 ? 1 : 2)} ms`;
};

/** A start: processes tell it in whole milliseconds, so more digits would be made up. */
const startText = (ms: number): string => (ms >= 1_000 ? timeText(ms) : `${ms.toFixed(0)} ms`);

/** `passthru-kms` is the KMS. */
export const serviceName = (service: string): string => (service === '' ? '?' : visible(service.replace(/^passthru-/, '')));

export const statusText = (of: Pick<Span, 'attributes' | 'isError'>, paint: ChalkInstance): string => {
  const status = httpStatusOf(of);
  if (of.isError || (status !== null && status >= 500)) return paint.red.bold(status === null ? 'error' : `${status}`);
  if (status === null) return '';
  return status >= 400 ? paint.yellow(`${status}`) : paint.green(`${status}`);
};

const bar = ({ span: { durationMs }, offsetMs }: SpanNode, { total, columns }: { total: number; columns: number }): string => {
  const scale = (ms: number): number => (total === 0 ? 0 : (ms / total) * columns);
  const from = Math.min(columns - 1, Math.floor(scale(offsetMs)));
  const length = Math.max(1, Math.min(columns - from, Math.round(scale(durationMs))));
  return pad(`${' '.repeat(from)}${'━'.repeat(length)}`, columns);
};

/** `│  ├─ ` before the name of a span. */
const branches = (placed: PlacedNode): string => {
  const drawn: string[] = [];
  for (let at: PlacedNode | null = placed; at !== null && at.depth > 0; at = at.above) {
    if (drawn.length >= MAX_DEPTH) return `… ${drawn.toReversed().join('')}`;
    if (at === placed) drawn.push(at.isLast ? '└─ ' : '├─ ');
    else drawn.push(at.isLast ? '   ' : '│  ');
  }
  return drawn.toReversed().join('');
};

const ORIGIN: Readonly<Record<SpanNode['parent'], string>> = {
  none: '',
  here: '',
  caller: 'the span of its caller is not here',
  missing: 'its parent is not here: it still runs, or got lost',
};

/** `kms GET /keys` behind the name of the KMS says so twice. */
const nameOf = ({ service, name }: Span): string => {
  const own = `${serviceName(service)} `;
  return visible(name.startsWith(own) ? name.slice(own.length) : name);
};

/** What is to be known of a span beside its name. */
const remarksOf = ({ span: one, parent, movedMs }: SpanNode): readonly string[] => {
  const { attributes, statusMessage, links } = one;
  const error = attributes['error.type'];
  return [
    ...(error === undefined ? [] : [String(error)]),
    ...(statusMessage === '' ? [] : [statusMessage]),
    ...(ORIGIN[parent] === '' ? [] : [ORIGIN[parent]]),
    ...(movedMs === 0 ? [] : [`its clock is ${timeText(Math.abs(movedMs))} ${movedMs > 0 ? 'behind' : 'ahead'}, moved`]),
    ...links.map(({ traceId }) => `linked to trace ${traceId}`),
  ];
};

/** Spans at one place that have nothing below them, told by their number. */
interface Summed {
  readonly summed: readonly PlacedNode[];
}

const isPlain = ({ node }: PlacedNode): boolean => node.children.length === 0 && !node.span.isError && node.span.links.length === 0;

/** In a long row of spans that hang below one and have nothing below them only the first ones are told one by one. */
const shortened = (all: readonly PlacedNode[]): readonly (PlacedNode | Summed)[] => {
  const shown: (PlacedNode | Summed)[] = [];
  let row: PlacedNode[] = [];
  const close = (): void => {
    const told = row.length > MAX_ROW ? FIRST_OF_ROW : row.length;
    shown.push(...row.slice(0, told));
    if (told < row.length) shown.push({ summed: row.slice(told) });
    row = [];
  };
  for (const placed of all) {
    const [first] = row;
    if (first !== undefined && (first.above !== placed.above || placed.depth === 0 || !isPlain(first) || !isPlain(placed))) close();
    row.push(placed);
  }
  close();
  return shown;
};

/** `31 more: 16 × db select accounts, 15 × db update accounts, 12 ms together` */
const sumText = (summed: readonly PlacedNode[]): string => {
  const byName = [...Map.groupBy(summed, ({ node }) => visible(node.span.name))].toSorted(([, a], [, b]) => b.length - a.length);
  const names = byName.slice(0, MAX_NAMES).map(([name, nodes]) => `${nodes.length} × ${name}`);
  const time = summed.reduce((all, { node }) => all + node.span.durationMs, 0);
  return `${summed.length} more: ${names.join(', ')}${byName.length > MAX_NAMES ? ', …' : ''}, ${timeText(time)} together`;
};

/** A trace for people: when, how long, and the tree of its spans, each with its start, its time and its bar on the time line. */
export const traceLines = (
  { trace, linkedFrom }: { readonly trace: Trace; readonly linkedFrom: readonly Span[] },
  layout: TraceLayout,
): readonly string[] => {
  const { paint, width, verbose } = layout;
  const { traceId, roots, startMs, durationMs, services, spans } = trace;
  const columns = width < ROOM ? SHORT_BAR_COLUMNS : BAR_COLUMNS;
  const placed = inOrder(roots);
  const nameColumns = Math.max(...services.map((service) => columnsOf(serviceName(service))));
  const at = new Date(startMs).toISOString().replace('T', ' ').replace('Z', ' UTC');
  const lineOf = (one: PlacedNode): readonly string[] => {
    const { node } = one;
    const { service, attributes } = node.span;
    const lead = `${startText(node.offsetMs).padStart(8)} ${timeText(node.span.durationMs).padStart(8)}  `;
    const before = `${bar(node, { total: durationMs, columns })}  ${pad(serviceName(service), nameColumns)}  ${branches(one)}`;
    const status = statusText(node.span, paint);
    const rest = remarksOf(node).map(visible).join(' · ');
    const text = cut(`${before}${nameOf(node.span)}`, Math.max(60, width - LEAD_COLUMNS - 5));
    const told = Object.entries(attributes);
    const indent = ' '.repeat(LEAD_COLUMNS + columns + nameColumns + 4 + columnsOf(branches(one)) + 3);
    return [
      `${paint.dim(lead)}${paint.cyan(text.slice(0, columns))}${text.slice(columns)}${status === '' ? '' : ` ${status}`}${rest === '' ? '' : ` ${paint.dim(rest)}`}`,
      ...(verbose && told.length > 0
        ? [`${indent}${paint.dim(told.map(([key, value]) => visible(`${key}=${String(value)}`)).join(' '))}`]
        : []),
    ];
  };
  const sumLine = (summed: readonly PlacedNode[]): string => {
    const [first] = summed;
    const before =
      ' '.repeat(LEAD_COLUMNS + columns + 2 + nameColumns + 2) + (first === undefined ? '' : branches({ ...first, isLast: true }));
    return paint.dim(cut(`${before}${sumText(summed)}`, width));
  };
  return [
    `${paint.bold(`Trace ${traceId}`)}`,
    `${at} · ${timeText(durationMs)} · ${spans} ${spans === 1 ? 'span' : 'spans'} · ${services.map(serviceName).join(', ')}`,
    '',
    paint.dim(`${'start'.padStart(8)} ${'time'.padStart(8)}`),
    ...(verbose ? placed : shortened(placed)).flatMap((one) => ('summed' in one ? [sumLine(one.summed)] : lineOf(one))),
    ...(linkedFrom.length === 0 ? [] : ['', 'Other traces that it led to']),
    ...linkedFrom.map(({ traceId: other, service, name }) => `  ${other}  ${serviceName(service)}  ${visible(name)}`),
  ];
};
