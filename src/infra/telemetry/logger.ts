import type { Logger as PinoLogger } from 'pino';
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

/** Writes each entry to stdout as one JSON object with the field names of OTLP. */
export const stdoutSink = async (
  service: string,
  trace: () => { readonly traceId: string; readonly spanId: string } | null,
): Promise<LogSink> => {
  const { default: pino } = await import('pino');
  const out: PinoLogger = pino({
    level: 'debug',
    base: null,
    timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
    messageKey: 'body',
    formatters: { level: (label) => ({ severity_text: label.toUpperCase() }) },
  });
  return (level, { body, attributes }) => {
    const active = trace();
    const ids = active === null ? {} : { trace_id: active.traceId, span_id: active.spanId };
    out[level]({ 'service.name': service, ...ids, attributes }, body);
  };
};
