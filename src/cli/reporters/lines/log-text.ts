import type { ChalkInstance } from 'chalk';
import type { PartName } from '#engine/engine.ts';
import { columnsOf, pad } from '../terminal/layout.ts';
import type { Severity } from '../terminal/log-record.ts';
import { visible } from '../terminal/visible.ts';
import { type DemoMark, demoMarkText, isNoTrouble } from './demo-mark.ts';
import type { LogEntry } from './log-entry.ts';
import type { ServiceLogLine } from './service-record.ts';

export interface LogLayout {
  readonly paint: ChalkInstance;
  /** Of the terminal: long lines are broken there, times are of the day, and ids are short. Null where whole lines are wanted. */
  readonly columns: number | null;
  /** For the name before the line; 0 leaves the name away. */
  readonly nameColumns: number;
}

const NAME_COLOURS = {
  telemetry: 'blue',
  identity: 'magenta',
  kms: 'cyan',
  'identity-postgres': 'magentaBright',
  'kms-postgres': 'cyanBright',
} as const satisfies Record<PartName, string>;

const LEVEL_COLUMNS = 5;
/** `2026-11-28T15:30:32.382Z`, and its time alone. */
const [TIME_COLUMNS, DAY_TIME] = [24, [11, 23]] as const;
/** A text that would be narrower is left to the terminal. */
const MIN_TEXT = 30;

const leveled = (severity: Severity, paint: ChalkInstance): string => {
  const text = severity.padEnd(LEVEL_COLUMNS);
  if (severity === 'ERROR') return paint.red.bold(text);
  if (severity === 'WARN') return paint.yellow(text);
  return severity === 'DEBUG' ? paint.dim(text) : text;
};

/** Known to everybody who knows the service, or in the message anyway. */
const NOT_SHOWN = new Set(['process.pid', 'caller', 'error']);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Enough of an id to know it again on a screen; a pipe has all of it. */
const shortId = (id: string): string => (UUID.test(id) ? `${id.slice(0, 8)}…${id.slice(-4)}` : id);
const TRACE_DIGITS = 8;
/** Nobody needs to be told on a screen that he asked from his own machine. */
const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** What a record tells beside its message: each value once, ids last. */
const fieldsOf = ({ body, attributes, traceId }: ServiceLogLine, isShort: boolean): readonly string[] => {
  const said = [body];
  const [facts, ids]: [string[], string[]] = [[], []];
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (NOT_SHOWN.has(name) || value === null || value === undefined || said.some((one) => one.includes(text))) continue;
    if (isShort && LOOPBACK.has(text)) continue;
    said.push(text);
    (UUID.test(text) ? ids : facts).push(`${name}=${isShort ? shortId(text) : text}`);
  }
  return [...facts, ...ids, ...(traceId === undefined ? [] : [`trace=${isShort ? traceId.slice(0, TRACE_DIGITS) : traceId}`])];
};

interface Word {
  readonly text: string;
  readonly paint: (text: string) => string;
}

const plain = (text: string): string => text;

const wordsOf = ({ line, record }: LogEntry, mark: DemoMark | null, { paint, columns }: LogLayout): readonly Word[] => {
  // A refusal that was meant is there for whoever looks for it, and stands back.
  const stress = mark !== null && isNoTrouble(mark) ? paint.dim : plain;
  const message = visible(record?.body ?? line)
    .split(' ')
    .map((text): Word => ({ text, paint: stress }));
  const fields = record === null ? [] : fieldsOf(record, columns !== null).map((text): Word => ({ text: visible(text), paint: paint.dim }));
  return [...(mark === null ? [] : [{ text: demoMarkText(mark), paint: paint.green }]), ...message, ...fields];
};

/** Words on lines of at most so many columns; one that is longer has its line, and stays whole. */
const broken = (words: readonly Word[], columns: number): readonly string[] => {
  const lines: Word[][] = [[]];
  let used = 0;
  for (const word of words) {
    const wide = columnsOf(word.text) + 1;
    if (used > 0 && used + wide - 1 > columns) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(word);
    used += wide;
  }
  return lines.map(painted);
};

/** Words that look alike are painted together. */
const painted = (words: readonly Word[]): string => {
  const runs: { readonly paint: Word['paint']; text: string }[] = [];
  for (const { text, paint } of words) {
    const last = runs.at(-1);
    if (last?.paint === paint) last.text += ` ${text}`;
    else runs.push({ paint, text });
  }
  return runs.map(({ paint, text }) => paint(text)).join(' ');
};

/** A line of a log for people: time in UTC, part, level, message, whether a demo provoked it, and what else it tells. */
export const logText = (entry: LogEntry, mark: DemoMark | null, layout: LogLayout): readonly string[] => {
  const { paint, columns, nameColumns } = layout;
  const { part, at, record } = entry;
  const time = at === null ? '' : new Date(at).toISOString();
  const shown = columns === null ? pad(time, TIME_COLUMNS) : pad(time.slice(...DAY_TIME), DAY_TIME[1] - DAY_TIME[0]);
  const level =
    record === null ? ' '.repeat(LEVEL_COLUMNS) : leveled(record.severity, mark !== null && isNoTrouble(mark) ? paint.dim : paint);
  const name = nameColumns === 0 ? [] : [paint[NAME_COLOURS[part]](part.padEnd(nameColumns))];
  const lead = [paint.dim(shown), ...name, level].join(' ');
  const indent = columnsOf(shown) + 1 + (nameColumns === 0 ? 0 : nameColumns + 1) + LEVEL_COLUMNS + 1;
  const words = wordsOf(entry, mark, layout);
  const room = columns === null || columns - indent < MIN_TEXT ? Number.POSITIVE_INFINITY : columns - indent;
  return broken(words, room).map((text, index) => `${index === 0 ? lead : ' '.repeat(indent - 1)} ${text}`.trimEnd());
};
