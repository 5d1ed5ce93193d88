import type { Span } from './span.ts';

/**
 * How a span hangs in its trace: it begins it (`none`), its parent is here (`here`), its parent is of a caller who sends no spans to
 * this collector (`caller`), or its parent is of our processes and was not received: it still runs, or it got lost (`missing`).
 */
export type ParentState = 'none' | 'here' | 'caller' | 'missing';

/** A span in its place. */
export interface SpanNode {
  readonly span: Span;
  readonly parent: ParentState;
  /** Milliseconds from the start of the trace to that of the span, once clocks are set. */
  readonly offsetMs: number;
  /** Milliseconds by which its times were moved, since the clock of its process disagrees with that of its parent's; mostly 0. */
  readonly movedMs: number;
  /** By their start. */
  readonly children: readonly SpanNode[];
}

/** Everything that was received of one trace. */
export interface Trace {
  readonly traceId: string;
  /** One for a whole trace; further ones where a parent is not there. By their start. */
  readonly roots: readonly SpanNode[];
  /** Epoch milliseconds. */
  readonly startMs: number;
  /** Milliseconds from the first start to the last end. */
  readonly durationMs: number;
  /** Names, in the order of their first span. */
  readonly services: readonly string[];
  readonly spans: number;
  /** Spans that came more than once; each is shown once. */
  readonly duplicates: number;
}

/** Starts of spans are told in whole milliseconds. */
const TOLERANCE_MS = 2;

const byStart = (a: Span, b: Span): number => a.startMs - b.startMs || (a.id < b.id ? -1 : 1);

/**
 * The tree of one trace's spans: pure, and the same in whichever order they came. A span that was sent twice is there once. Spans that are
 * each other's parents, which no honest process makes, begin with the earliest of them.
 *
 * @param received of one trace; at least one
 */
export const traceTree = (received: readonly Span[]): Trace => {
  const spans = [...new Map(received.map((span) => [span.id, span])).values()].toSorted(byStart);
  const [first] = spans;
  if (first === undefined) throw new TypeError('a trace has at least one span');
  const children = Map.groupBy(spans, ({ parentId }) => parentId ?? '');
  const ids = new Set(spans.map(({ id }) => id));
  const order: Placed[] = [];
  const seen = new Set<Span>();

  const place = (root: Placed): void => {
    seen.add(root.span);
    // The list grows while it is walked: each span is followed by its children, somewhere behind it.
    for (let at = order.push(root) - 1; at < order.length; at += 1) {
      const parent = order[at];
      if (parent === undefined) break;
      for (const span of children.get(parent.span.id) ?? []) {
        if (seen.has(span)) continue;
        seen.add(span);
        order.push({ span, above: parent, parent: 'here', movedMs: movedBy(span, parent) });
      }
    }
  };
  const isRoot = ({ parentId }: Span): boolean => parentId === null || !ids.has(parentId);
  for (const span of [...spans.filter(isRoot), ...spans]) {
    if (!seen.has(span)) place({ span, above: null, parent: parentStateOf(span), movedMs: 0 });
  }

  const startMs = order.reduce((earliest, placed) => Math.min(earliest, startOf(placed)), Number.POSITIVE_INFINITY);
  const roots = nodesOf(order, startMs);
  return {
    traceId: first.traceId,
    roots,
    startMs,
    durationMs: order.reduce((latest, { span, movedMs }) => Math.max(latest, span.startMs + movedMs + span.durationMs - startMs), 0),
    services: [...new Set(inOrder(roots).map(({ node }) => node.span.service))],
    spans: spans.length,
    duplicates: received.length - spans.length,
  };
};

interface Placed {
  readonly span: Span;
  readonly above: Placed | null;
  readonly parent: ParentState;
  readonly movedMs: number;
}

const parentStateOf = ({ parentId, isParentRemote }: Span): ParentState =>
  parentId === null ? 'none' : isParentRemote === true ? 'caller' : 'missing';

const startOf = ({ span, movedMs }: Pick<Placed, 'span' | 'movedMs'>): number => span.startMs + movedMs;

/**
 * Milliseconds to add to the times of a span so that they fit those of its parent. Within a process they always do. A span of another
 * process that begins before its parent, or serves a call that has ended by then, has another clock: it is put into the middle
 * of its parent, since the way there took as long as the way back for all that is known.
 */
const movedBy = (span: Span, parent: Placed): number => {
  if (span.instance === parent.span.instance) return parent.movedMs;
  const early = startOf(parent) - span.startMs;
  const isServed = span.kind === 'server' && parent.span.kind === 'client';
  const isTooLate = isServed && span.startMs > startOf(parent) + parent.span.durationMs + TOLERANCE_MS;
  if (early <= TOLERANCE_MS && !isTooLate) return 0;
  return early + Math.max(0, (parent.span.durationMs - span.durationMs) / 2);
};

/** Children come behind their parents in the order, so from the last to the first each finds its own made. */
const nodesOf = (order: readonly Placed[], startMs: number): readonly SpanNode[] => {
  const below = new Map<Placed | null, SpanNode[]>();
  for (const placed of order.toReversed()) {
    const { span, above, parent, movedMs } = placed;
    const children = (below.get(placed) ?? []).toSorted((a, b) => a.offsetMs - b.offsetMs || byStart(a.span, b.span));
    const node: SpanNode = { span, parent, offsetMs: startOf(placed) - startMs, movedMs, children };
    const siblings = below.get(above);
    if (siblings === undefined) below.set(above, [node]);
    else siblings.push(node);
  }
  return (below.get(null) ?? []).toSorted((a, b) => a.offsetMs - b.offsetMs || byStart(a.span, b.span));
};

/** A span with its place among those that are printed before it. */
export interface PlacedNode {
  readonly node: SpanNode;
  /** The one that it hangs below; null for a root. */
  readonly above: PlacedNode | null;
  /** 0 for a root. */
  readonly depth: number;
  /** Whether it is the last child of its parent. */
  readonly isLast: boolean;
}

/** All spans of a tree, each before its children, without recursion: a trace may be as deep as it likes. */
export const inOrder = (roots: readonly SpanNode[]): readonly PlacedNode[] => {
  const found: PlacedNode[] = [];
  const placedBelow = (nodes: readonly SpanNode[], above: PlacedNode | null): readonly PlacedNode[] =>
    nodes.map((node, at) => ({ node, above, depth: above === null ? 0 : above.depth + 1, isLast: at === nodes.length - 1 }));
  const waiting = [...placedBelow(roots, null)].toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    found.push(next);
    for (const child of placedBelow(next.node.children, next).toReversed()) waiting.push(child);
  }
  return found;
};
