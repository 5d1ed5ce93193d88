import type { PartName } from '#engine/engine.ts';
import { isPostgresDetail } from './postgres-record.ts';
import { type ServiceLogLine, serviceRecord } from './service-record.ts';

/** One line of the log of a part, as far as it is understood. */
export interface LogEntry {
  readonly part: PartName;
  /** As it was logged. */
  readonly line: string;
  /** Null for a line that no form fits: the runtime and other programs write what they like. */
  readonly record: ServiceLogLine | null;
  /** Epoch milliseconds as the line tells it; null where it tells none. */
  readonly at: number | null;
  /** It goes on with the line before it: a stack trace, the detail of an error. */
  readonly isContinuation: boolean;
}

export const logEntry = (part: PartName, line: string): LogEntry => {
  const record = serviceRecord(line);
  return {
    part,
    line,
    record,
    at: record === null ? null : Date.parse(record.timestamp),
    isContinuation: record === null ? /^\s/.test(line) : isPostgresDetail(line),
  };
};
