import type { Logger as PinoLogger } from 'pino';
import { createLineQueue, type LostLines } from '#infra/lines/line-queue.ts';
import type { LineTarget } from '#infra/lines/line-target.ts';
import { allowedAttributes, redact } from './attributes.ts';
import type { Attributes } from './telemetry.ts';
import type { Logger } from './telemetry.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof LEVELS)[number];

/** One line before it is written, already clean. */
interface LogEntry {
  readonly severity: Uppercase<Level>;
  /** Number of the OTLP log data model. */
  readonly severityNumber: 5 | 9 | 13 | 17;
  readonly body: string;
  readonly attributes: Record<string, string | number | boolean>;
}

/** Takes each entry. */
export type LogSink = (level: Level, entry: LogEntry) => void;

const SEVERITY = {
  debug: { severity: 'DEBUG', severityNumber: 5 },
  info: { severity: 'INFO', severityNumber: 9 },
  warn: { severity: 'WARN', severityNumber: 13 },
  error: { severity: 'ERROR', severityNumber: 17 },
} as const;

/** Log functions that hand each entry, redacted and reduced to the allow-list, to every sink. */
export const createLogger = (sinks: readonly LogSink[]): Logger => {
  const at = (level: Level) => (message: string, attributes?: Attributes) => {
    const entry = { ...SEVERITY[level], body: redact(message), attributes: allowedAttributes(attributes) };
    for (const sink of sinks) sink(level, entry);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

/** Where log lines go, and what of them got lost on the way. */
export interface LineSink {
  readonly sink: LogSink;
  /** Writes a line that another process of this server made. */
  pass(line: string): void;
  lost(): LostLines;
  /** Waits until all lines are written, at most this many milliseconds; lines may still come. */
  flush(limitMs: number): Promise<void>;
}

/**
 * Writes each entry to stdout, or to a file, as one JSON object with the field names of OTLP. A line that cannot be written is lost and
 * counted; the first one that can be written again is followed by a warning with their number.
 */
export const lineSink = async (options: {
  readonly service: string;
  /** Number of this process, where it is one of several. */
  readonly worker?: number | undefined;
  readonly trace: () => { readonly traceId: string; readonly spanId: string } | null;
  readonly target: LineTarget;
}): Promise<LineSink> => {
  const { service, worker, trace, target } = options;
  const who = { 'service.name': service, ...(worker !== undefined && { 'passthru.worker': worker }), 'process.pid': process.pid };
  const { default: pino } = await import('pino');
  const queue = createLineQueue({
    target,
    onWrittenAgain: ({ lines, cause }) => {
      const attributes = { count: lines, reason: cause };
      // It belongs to no trace: the line that happened to come next is not its cause.
      write('warn', `${lines} log lines could not be written: ${cause}`, attributes, {});
    },
  });
  const out: PinoLogger = pino(
    {
      level: 'debug',
      base: null,
      timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
      messageKey: 'body',
      formatters: { level: (label) => ({ severity_text: label.toUpperCase() }) },
    },
    { write: (line) => queue.write(line.trimEnd()) },
  );
  const write = (level: Level, body: string, attributes: LogEntry['attributes'], ids: Readonly<Record<string, string>>): void =>
    out[level]({ ...who, ...ids, attributes }, body);
  const sink: LogSink = (level, { body, attributes }) => {
    const active = trace();
    write(level, body, attributes, active === null ? {} : { trace_id: active.traceId, span_id: active.spanId });
  };
  return { sink, pass: queue.write, lost: queue.lost, flush: queue.flush };
};
