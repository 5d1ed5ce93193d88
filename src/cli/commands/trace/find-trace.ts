import { listTraces, type TraceSummary } from '#demo/traces/list-traces.ts';
import { readSpans } from '#demo/traces/read-spans.ts';
import type { Span } from '#demo/traces/span.ts';
import { inOrder, type Trace, traceTree } from '#demo/traces/trace-tree.ts';
import type { Engine } from '#engine/engine.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** Services send what they have every second; a look between takes its time, too. Milliseconds. */
const ARRIVES_WITHIN_MS = 3_000;
const LOOK_MS = 250;
/** Traces that are named where the first digits of an id are those of several. */
const MAX_NAMED = 5;

export interface FindOptions {
  readonly engine: Pick<Engine, 'telemetryRecords'>;
  /** The first digits of the id, or all of it. */
  readonly reference: string;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Called once where it waits for the first span. */
  readonly onWait?: () => void;
}

export interface FoundTrace {
  readonly trace: Trace;
  /** Of other traces, the spans that name this one: what it led to, where it is not continued. */
  readonly linkedFrom: readonly Span[];
}

/**
 * Finds a trace in what the collector received; where it is not there, or not whole, it waits a moment for what may be on its way.
 *
 * @throws AppError `trace-not-received`, `trace-ambiguous`
 */
export const findTrace = async ({ engine, reference, signal, now, sleep, onWait = () => {} }: FindOptions): Promise<FoundTrace> => {
  const begun = now();
  let isFirst = true;
  for (;;) {
    const found = await look(engine, reference);
    const isLate = signal.aborted || now() - begun >= ARRIVES_WITHIN_MS;
    if (found !== null && (isLate || !mayGrow(found.trace, now()))) return found;
    if (isLate) throw notReceived(reference);
    if (isFirst && found === null) onWait();
    isFirst = false;
    await sleep(LOOK_MS, signal).catch(() => undefined);
  }
};

const look = async (engine: FindOptions['engine'], reference: string): Promise<FoundTrace | null> => {
  const isIt = (traceId: string): boolean => traceId.startsWith(reference);
  const spans = await readSpans(
    engine.telemetryRecords('traces', { containing: reference }),
    ({ traceId, links }) => isIt(traceId) || links.some((link) => isIt(link.traceId)),
  );
  const ids = [...new Set(spans.map(({ traceId }) => traceId).filter(isIt))];
  const [id] = ids;
  if (id === undefined) return null;
  if (ids.length > 1) throw ambiguous(reference, ids);
  return {
    trace: traceTree(spans.filter(({ traceId }) => traceId === id)),
    linkedFrom: spans.filter(({ traceId, links }) => traceId !== id && links.some((link) => link.traceId === id)),
  };
};

/** A parent of one of our processes that is missing may end, and be sent, in a moment. */
const mayGrow = ({ roots, startMs, durationMs }: Trace, now: number): boolean =>
  now - startMs - durationMs < ARRIVES_WITHIN_MS && inOrder(roots).some(({ node }) => node.parent === 'missing');

const notReceived = (reference: string): AppError =>
  new AppError(
    'trace-not-received',
    404,
    `telemetry has received no span of trace ${reference}, not in the last ${ARRIVES_WITHIN_MS / 1_000} s either`,
    {
      fix:
        'A service sends its spans a second after they end. List what came with `passthru trace`, look whether telemetry runs with ' +
        `\`passthru status\`, and for what was logged with \`passthru logs --trace ${reference}\`: traces beyond 100 a second have log lines alone.`,
    },
  );

const ambiguous = (reference: string, ids: readonly string[]): AppError => {
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : '';
  return new AppError(
    'trace-ambiguous',
    409,
    `${ids.length} traces begin with ${reference}: ${ids.slice(0, MAX_NAMED).join(', ')}${more}`,
    {
      fix: 'Give more digits.',
    },
  );
};

/** Asked again and again, or for ever. */
const BACKGROUND_ROUTES = new Set(['/readyz', '/livez', '/metrics', '/feed/v1/revocations']);

/** Work that nobody asked for, and questions that are asked again and again. */
const isBackground = ({ root: { kind, attributes } }: TraceSummary): boolean =>
  kind === 'internal' || attributes['db.system.name'] !== undefined || BACKGROUND_ROUTES.has(String(attributes['http.route']));

export interface ListOptions {
  readonly engine: FindOptions['engine'];
  readonly limit: number;
  readonly failedOnly: boolean;
  /** Background work and health checks, too. */
  readonly all: boolean;
}

/** The last traces that the collector received, oldest first, and how many others there are. */
export const lastTraces = async ({ engine, limit, failedOnly, all }: ListOptions) => {
  const received = await listTraces(engine.telemetryRecords('traces'));
  const wanted = received.filter((trace) => (all || !isBackground(trace)) && (!failedOnly || trace.hasFailed));
  return { traces: wanted.slice(-limit), others: received.length - Math.min(limit, wanted.length) };
};
