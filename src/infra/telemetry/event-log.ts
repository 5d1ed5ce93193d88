import type { Attributes, Logger, Measure } from './telemetry.ts';

/** An event as operators read it. */
export type EventLine = readonly [level: 'info' | 'warn' | 'error', message: string, attributes: Attributes];

/**
 * Makes the function to which a server tells its events: it writes each as one log line, in the trace that runs, and counts it by its
 * type, and by its reason where it has one.
 *
 * @param options.count the counter of the events
 */
export const createEventLog = <E extends { readonly type: string; readonly reason?: string }>(
  log: Logger,
  { count, lineOf }: { readonly count: Measure; readonly lineOf: (event: E) => EventLine },
): ((event: E) => void) => {
  return (event) => {
    count(1, { operation: event.type, ...(event.reason === undefined ? {} : { reason: event.reason }) });
    const [level, message, attributes] = lineOf(event);
    log[level](message, attributes);
  };
};
