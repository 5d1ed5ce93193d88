import type { Attributes, Telemetry } from './telemetry.ts';

/** An event as operators read it. */
export type EventLine = readonly [level: 'info' | 'warn', message: string, attributes: Attributes];

/**
 * Makes the function to which a server tells its events: it writes each as one log line, in the trace that runs, and counts it by its
 * type, and by its reason where it has one.
 *
 * @param options.counter name of the counter, for example `passthru.kms.events`
 */
export const createEventLog = <E extends { readonly type: string; readonly reason?: string }>(
  { log, counter }: Pick<Telemetry, 'log' | 'counter'>,
  options: { readonly counter: string; readonly description: string; readonly lineOf: (event: E) => EventLine },
): ((event: E) => void) => {
  const count = counter(options.counter, { description: options.description });
  return (event) => {
    count(1, { operation: event.type, ...(event.reason === undefined ? {} : { reason: event.reason }) });
    const [level, message, attributes] = options.lineOf(event);
    log[level](message, attributes);
  };
};
