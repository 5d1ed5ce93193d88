import { stripVTControlCharacters } from 'node:util';
import type { CliSettings } from '#cli/settings/settings.ts';
import { logLine } from '../terminal/log-record.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { collectorLine, collectorRecord } from './collector-record.ts';
import { serviceRecord } from './service-record.ts';

export interface LogLineOptions {
  readonly terminal: Terminal;
  readonly output: CliSettings['output'];
  readonly service: string;
  /** Columns for the name before the line; 0 leaves the name away. */
  readonly nameColumns: number;
  readonly now: () => number;
}

/** A record's fields under the names that the service gave them; any other line as it is. */
const jsonFields = (line: string): Readonly<Record<string, unknown>> => {
  const record = serviceRecord(line);
  if (record === null) return { line };
  const { timestamp, severity, body, attributes, traceId, spanId } = record;
  return { timestamp, severity_text: severity, body, attributes, trace_id: traceId, span_id: spanId };
};

/** One line of a service's log; with `json` and `structured` one JSON object a line, because a log has no end. */
export const writeLogLine = (line: string, { terminal, output, service, nameColumns, now }: LogLineOptions): void => {
  const { out, paintOut } = terminal;
  if (output === 'json') out.write(`${JSON.stringify({ service, ...jsonFields(line) })}\n`);
  else if (output === 'structured') {
    const record = serviceRecord(line);
    out.write(
      `${logLine({
        at: record === null ? now() : Date.parse(record.timestamp),
        severity: record?.severity ?? 'INFO',
        eventName: 'passthru.log',
        body: record?.body ?? line,
        attributes: { ...record?.attributes, 'passthru.service': service },
      })}\n`,
    );
  } else {
    const lead = nameColumns === 0 ? '' : `${paintOut.cyan(service.padEnd(nameColumns))} `;
    const record = collectorRecord(line);
    const text = record === null ? line : collectorLine(record);
    // A log holds what clients sent: it must not steer the terminal.
    out.write(`${lead}${stripVTControlCharacters(text).replace(/[^\P{Cc}\t]/gu, '')}\n`);
  }
};
