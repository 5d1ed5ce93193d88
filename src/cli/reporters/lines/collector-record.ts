import { isObject, jsonObject } from '#infra/json/json-object.ts';
import type { LogAttributes, Severity } from '../terminal/log-record.ts';

/** One line of the OpenTelemetry Collector's own log. */
export interface CollectorRecord {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly severity: Severity;
  readonly body: string;
  readonly attributes: LogAttributes;
}

/** Levels of zap, which the Collector logs with. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  dpanic: 'ERROR',
  panic: 'ERROR',
  fatal: 'ERROR',
};

/** The same on every line: who the Collector is. */
const NOT_TOLD = new Set(['level', 'ts', 'msg', 'resource', 'stacktrace']);

/** The record on a line of the Collector, in its JSON or its console encoding; null where the line is none. */
export const collectorRecord = (line: string): CollectorRecord | null => (line.startsWith('{') ? ofJson(line) : ofConsole(line));

const ofJson = (line: string): CollectorRecord | null => {
  const members = jsonObject(line);
  return members === null ? null : recordOf(members);
};

/** `<time> TAB <level> TAB <caller> TAB <message> TAB <JSON object>`; the last may be missing. */
const ofConsole = (line: string): CollectorRecord | null => {
  const [ts, level, caller, msg, rest] = line.split('\t');
  return recordOf({ ...(rest === undefined ? {} : jsonObject(rest)), ts, level, caller, msg });
};

const recordOf = (members: Readonly<Record<string, unknown>>): CollectorRecord | null => {
  const { ts, level, msg, error } = members;
  const severity = typeof level === 'string' ? SEVERITIES[level] : undefined;
  if (typeof ts !== 'string' || Number.isNaN(Date.parse(ts)) || severity === undefined || typeof msg !== 'string') return null;
  const attributes = Object.entries(members).flatMap(([name, value]): [string, LogAttributes[string]][] =>
    NOT_TOLD.has(name) || value === undefined ? [] : [[name, isPlain(value) ? value : JSON.stringify(value)]],
  );
  return {
    timestamp: ts,
    severity,
    body: typeof error === 'string' ? `${msg}: ${error}` : msg,
    attributes: Object.fromEntries(attributes),
  };
};

const isPlain = (value: unknown): value is string | number | boolean | null =>
  value === null || (!isObject(value) && typeof value !== 'object');
