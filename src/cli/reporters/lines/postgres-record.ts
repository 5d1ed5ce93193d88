import type { LogAttributes, Severity } from '../terminal/log-record.ts';

/** One line of the log of PostgreSQL's server. */
export interface PostgresRecord {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly severity: Severity;
  readonly body: string;
  readonly attributes: LogAttributes;
}

const SEVERITIES: Readonly<Record<string, Severity>> = {
  LOG: 'INFO',
  INFO: 'INFO',
  NOTICE: 'INFO',
  WARNING: 'WARN',
  ERROR: 'ERROR',
  FATAL: 'ERROR',
  PANIC: 'ERROR',
};

/** `log_line_prefix` as PostgreSQL has it by default, `%m [%p] `, in a container, whose zone is UTC. */
const LINE = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3}) UTC \[(\d+)\] ([A-Z]+)(\d?): {2}(.*)$/;
/** Parts of the message before them. @see https://www.postgresql.org/docs/17/runtime-config-logging.html */
const PARTS = new Set(['DETAIL', 'HINT', 'QUERY', 'CONTEXT', 'STATEMENT', 'LOCATION', 'BACKTRACE']);

/** Whether a line of PostgreSQL tells more of the message before it. */
export const isPostgresDetail = (line: string): boolean => PARTS.has(LINE.exec(line)?.[4] ?? '');

/** The record on a line of PostgreSQL; null where the line is none, such as the second line of a statement. */
export const postgresRecord = (line: string): PostgresRecord | null => {
  const [, date, time, pid, level = '', , message = ''] = LINE.exec(line) ?? [];
  if (date === undefined || time === undefined) return null;
  const base = { timestamp: `${date}T${time}Z`, attributes: { 'process.pid': Number(pid) } };
  if (PARTS.has(level)) return { ...base, severity: 'INFO', body: `${level}: ${message}` };
  const severity = level === 'DEBUG' ? 'DEBUG' : SEVERITIES[level];
  return severity === undefined ? null : { ...base, severity, body: message };
};
