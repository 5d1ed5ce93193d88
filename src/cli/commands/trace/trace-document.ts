import type { TraceSummary } from '#demo/traces/list-traces.ts';
import { httpStatusOf } from '#demo/traces/span.ts';
import { inOrder, type SpanNode } from '#demo/traces/trace-tree.ts';
import type { TraceDocument, TraceListDocument } from '#cli/documents/trace.ts';
import type { FoundTrace } from './find-trace.ts';

const iso = (epochMs: number): string => new Date(epochMs).toISOString();
/** To the microsecond, which is what services measure. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

const spanMember = ({ span, parent, offsetMs, movedMs }: SpanNode): TraceDocument['spans'][number] => ({
  span_id: span.id,
  parent_span_id: span.parentId,
  parent,
  service: span.service,
  name: span.name,
  kind: span.kind,
  started_at: iso(span.startMs),
  offset_ms: rounded(offsetMs),
  duration_ms: rounded(span.durationMs),
  moved_ms: rounded(movedMs),
  error: span.isError,
  status_message: span.statusMessage,
  attributes: { ...span.attributes },
  links: span.links.map(({ traceId, spanId }) => ({ trace_id: traceId, span_id: spanId })),
});

export const traceMembers = ({ trace, linkedFrom }: FoundTrace): Omit<TraceDocument, 'version' | 'command' | 'exit_code'> => ({
  trace_id: trace.traceId,
  started_at: iso(trace.startMs),
  duration_ms: rounded(trace.durationMs),
  services: [...trace.services],
  duplicates: trace.duplicates,
  spans: inOrder(trace.roots).map(({ node }) => spanMember(node)),
  linked_from: linkedFrom.map(({ traceId, id, service, name }) => ({ trace_id: traceId, span_id: id, service, name })),
});

export const summaryMember = ({
  traceId,
  startMs,
  durationMs,
  root,
  services,
  spans,
  hasFailed,
}: TraceSummary): TraceListDocument['traces'][number] => ({
  trace_id: traceId,
  started_at: iso(startMs),
  duration_ms: rounded(durationMs),
  name: root.name,
  services: [...services],
  spans,
  status: httpStatusOf(root),
  failed: hasFailed,
});
