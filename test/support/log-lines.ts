import type { PartName } from '#engine/engine.ts';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';

/** The moment from which times of written lines are counted. */
export const LOG_EPOCH = Date.UTC(2026, 0, 2, 3, 4, 5);

export interface WrittenLine {
  /** Milliseconds after `LOG_EPOCH`. */
  readonly at?: number;
  readonly severity?: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly body?: string;
  readonly traceId?: string;
  readonly attributes?: Readonly<Record<string, string | number>>;
}

/** A line as one of our servers logs it. */
export const serviceLine = ({ at = 0, severity = 'INFO', body = 'work', traceId, attributes = {} }: WrittenLine = {}): string =>
  JSON.stringify({
    severity_text: severity,
    timestamp: new Date(LOG_EPOCH + at).toISOString(),
    'service.name': 'passthru-kms',
    'process.pid': 4711,
    ...(traceId === undefined ? {} : { trace_id: traceId, span_id: '00f067aa0ba902b7' }),
    attributes,
    body,
  });

export const serviceEntry = (written: WrittenLine = {}, part: PartName = 'kms') => logEntry(part, serviceLine(written));
