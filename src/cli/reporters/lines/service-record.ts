import { isObject, jsonObject } from '#infra/json/json-object.ts';
import { collectorRecord } from './collector-record.ts';
import { postgresRecord } from './postgres-record.ts';
import type { LogAttributes, Severity } from '../terminal/log-record.ts';

/** One line of the log of one of our servers, of the OpenTelemetry Collector, or of PostgreSQL. */
export interface ServiceLogLine {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly severity: Severity;
  readonly body: string;
  readonly attributes: LogAttributes;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

const isSeverity = (value: unknown): value is Severity => value === 'DEBUG' || value === 'INFO' || value === 'WARN' || value === 'ERROR';

const attributesOf = (value: unknown): LogAttributes => {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean' || one === null ? one : JSON.stringify(one),
    ]),
  );
};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The record on a line of a service's log; null where the line is none: the runtime and other programs write what they like. */
export const serviceRecord = (line: string): ServiceLogLine | null => {
  const value = line.startsWith('{') ? jsonObject(line) : null;
  return (value && ownRecord(value)) ?? otherRecord(line);
};

const otherRecord = (line: string): ServiceLogLine | null => {
  const record = collectorRecord(line) ?? postgresRecord(line);
  return record && { ...record, traceId: undefined, spanId: undefined };
};

const ownRecord = (value: Readonly<Record<string, unknown>>): ServiceLogLine | null => {
  const { timestamp, severity_text: severity, body, attributes, trace_id, span_id } = value;
  if (typeof timestamp !== 'string' || Number.isNaN(Date.parse(timestamp)) || !isSeverity(severity) || typeof body !== 'string')
    return null;
  return { timestamp, severity, body, attributes: attributesOf(attributes), traceId: textOf(trace_id), spanId: textOf(span_id) };
};
