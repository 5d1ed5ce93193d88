import type { PartName } from '#engine/engine.ts';
import type { TimedEntry } from './queues.ts';

export interface LogFilter {
  /** Epoch milliseconds; nothing that was logged before. */
  readonly since?: number | undefined;
  /** Nothing below it. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | undefined;
  /** Only lines of the traces whose id begins so. */
  readonly trace?: string | undefined;
}

const ORDER = ['debug', 'info', 'warn', 'error'];

/**
 * Whether a line is wanted, asked of each in order. A line that goes on with the one before it is wanted as that is. Nothing is hidden
 * that may be trouble: a line without a level is of none too low, and one without a time is old only where a later one is.
 */
export const createLogFilter = ({ since, level, trace }: LogFilter): ((entry: TimedEntry) => boolean) => {
  const before = new Map<PartName, boolean>();
  const isWanted = ({ record, at, notAfter }: TimedEntry): boolean => {
    const latest = at ?? notAfter;
    if (since !== undefined && latest !== null && latest < since) return false;
    if (level !== undefined && record !== null && ORDER.indexOf(record.severity.toLowerCase()) < ORDER.indexOf(level)) return false;
    return trace === undefined || record?.traceId?.startsWith(trace) === true;
  };
  return (entry) => {
    const wanted = (entry.isContinuation ? before.get(entry.part) : undefined) ?? isWanted(entry);
    before.set(entry.part, wanted);
    return wanted;
  };
};

/** Whether a filter may leave lines away. */
export const isFiltering = ({ since, level, trace }: LogFilter): boolean =>
  since !== undefined || level !== undefined || trace !== undefined;
