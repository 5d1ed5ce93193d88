import { spansIn } from './read-spans.ts';
import { httpStatusOf, type Span } from './span.ts';

/** A trace in a list. */
export interface TraceSummary {
  readonly traceId: string;
  /** The span with which it begins here. */
  readonly root: Span;
  /** Epoch milliseconds. */
  readonly startMs: number;
  /** Milliseconds from the first start to the last end. */
  readonly durationMs: number;
  /** Names, that of the root first. */
  readonly services: readonly string[];
  readonly spans: number;
  /** Whether a span of it failed, or an answer in it was a refusal or an error. */
  readonly hasFailed: boolean;
}

/** Traces that are held while records are read: those that were added to last. */
const MAX_TRACES = 20_000;

/** The lower, the more a span looks like the beginning of its trace. */
const rankOf = ({ parentId, isParentRemote }: Span): number => (parentId === null ? 0 : isParentRemote === true ? 1 : 2);

const isBefore = (a: Span, b: Span): boolean => rankOf(a) < rankOf(b) || (rankOf(a) === rankOf(b) && a.startMs < b.startMs);

const FIRST_REFUSAL = 400;

const withSpan = (known: TraceSummary | undefined, span: Span): TraceSummary => {
  const hasFailed = span.isError || (httpStatusOf(span) ?? 0) >= FIRST_REFUSAL;
  const { traceId, service, startMs, durationMs } = span;
  if (known === undefined) return { traceId, root: span, startMs, durationMs, services: [service], spans: 1, hasFailed };
  const first = Math.min(known.startMs, startMs);
  return {
    traceId,
    root: isBefore(span, known.root) ? span : known.root,
    startMs: first,
    durationMs: Math.max(known.startMs + known.durationMs, startMs + durationMs) - first,
    services: known.services.includes(service) ? known.services : [...known.services, service],
    spans: known.spans + 1,
    hasFailed: known.hasFailed || hasFailed,
  };
};

/** Services send every second; a delivery that was tried again comes later. Milliseconds. */
const LATE_MS = 10_000;

/**
 * Traces by their start, as far as clocks went on: one that was over long before a trace that came earlier had begun tells that a clock
 * was set, and it comes after those, with all that came since.
 *
 * @param arrived in the order in which they were last added to
 */
const inOrderOfTime = (arrived: readonly TraceSummary[]): readonly TraceSummary[] => {
  let [era, latest] = [0, Number.NEGATIVE_INFINITY];
  const placed = arrived.map((trace) => {
    const isSetBack = trace.startMs + trace.durationMs < latest - LATE_MS;
    if (isSetBack) era += 1;
    latest = isSetBack ? trace.startMs : Math.max(latest, trace.startMs);
    return { trace, era };
  });
  return placed
    .toSorted((a, b) => a.era - b.era || a.trace.startMs - b.trace.startMs || (a.trace.traceId < b.trace.traceId ? -1 : 1))
    .map(({ trace }) => trace);
};

/**
 * The traces in everything that the collector received, oldest first, also where a clock was set meanwhile; without holding their spans.
 *
 * @param maxTraces the ones that were added to last
 */
export const listTraces = async (records: AsyncIterable<unknown>, maxTraces = MAX_TRACES): Promise<readonly TraceSummary[]> => {
  const traces = new Map<string, TraceSummary>();
  for await (const record of records) {
    for (const span of spansIn(record)) {
      const known = traces.get(span.traceId);
      // Put in again it is the youngest, so that the first one is the one that nothing was added to for longest.
      traces.delete(span.traceId);
      traces.set(span.traceId, withSpan(known, span));
      const [oldest] = traces.keys();
      if (traces.size > maxTraces && oldest !== undefined) traces.delete(oldest);
    }
  }
  const rootFirst = ({ root: { service }, services }: TraceSummary): readonly string[] => [
    service,
    ...services.filter((one) => one !== service),
  ];
  return inOrderOfTime([...traces.values()]).map((trace) => ({ ...trace, services: rootFirst(trace) }));
};
