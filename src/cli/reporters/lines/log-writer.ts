import type { PartName } from '#engine/engine.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import type { CliSettings } from '#cli/settings/settings.ts';
import { logLine } from '../terminal/log-record.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visibleJson } from '../terminal/visible.ts';
import type { DemoMark } from './demo-mark.ts';
import type { LogEntry } from './log-entry.ts';
import { logText } from './log-text.ts';

export interface LogWriterOptions {
  readonly terminal: Terminal;
  readonly output: CliSettings['output'];
  /** The parts whose lines come. */
  readonly parts: readonly PartName[];
  readonly process: Pick<CliProcess, 'env' | 'now'>;
}

/** Prints lines of logs: for people, or with `json` and `structured` one JSON object a line, because a log has no end. */
export const createLogWriter = ({ terminal, output, parts, process }: LogWriterOptions) => {
  const { out, paintOut: paint } = terminal;
  // A line of a log must not command the runner: it may not hold what that takes for a command.
  const isGithub = process.env['GITHUB_ACTIONS'] === 'true';
  const write = (line: string, escaped: string): void => void out.write(`${isGithub ? line.replaceAll('##[', escaped) : line}\n`);
  const columns = out.isTTY === true ? (out.columns ?? 0) || null : null;
  const nameColumns = parts.length === 1 ? 0 : Math.max(...parts.map((part) => part.length));
  let day = '';

  const forPeople = (entry: LogEntry, mark: DemoMark | null): void => {
    const today = entry.at === null ? day : new Date(entry.at).toISOString().slice(0, 10);
    // The times of a terminal are short, so the day is told where it changes.
    if (columns !== null && today !== day) write(paint.dim(`── ${today} UTC ──`), '##(');
    day = today;
    for (const line of logText(entry, mark, { paint, columns, nameColumns })) write(line, '##(');
  };

  return (entry: LogEntry, mark: DemoMark | null): void => {
    if (output === 'human') forPeople(entry, mark);
    else
      write(visibleJson(output === 'json' ? JSON.stringify(documentOf(entry, mark)) : recordOf(entry, mark, process.now())), '##\\u005b');
  };
};

/** A record's fields under the names that the service gave them; any other line as it is. The schema is documents/log-line.ts. */
const documentOf = ({ part, line, record }: LogEntry, mark: DemoMark | null): Readonly<Record<string, unknown>> => {
  const demo =
    mark === null ? {} : { demo: mark.kind === 'step' ? { step: mark.step, passed: mark.isPassed } : { provoked: mark.provoked } };
  if (record === null) return { service: part, line };
  const { timestamp, severity, body, attributes, traceId, spanId } = record;
  return { service: part, timestamp, severity_text: severity, body, attributes, trace_id: traceId, span_id: spanId, ...demo };
};

const recordOf = ({ part, line, record, at }: LogEntry, mark: DemoMark | null, now: number): string =>
  logLine({
    at: at ?? now,
    severity: record?.severity ?? 'INFO',
    eventName: 'passthru.log',
    body: record?.body ?? line,
    attributes: {
      ...record?.attributes,
      'passthru.service': part,
      'passthru.demo.step': mark?.kind === 'step' ? mark.step : null,
    },
  });
