import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

const traceId = Type.String({ pattern: '^[0-9a-f]{32}$' });
const spanId = Type.String({ pattern: '^[0-9a-f]{16}$' });
const link = strictObject({ trace_id: traceId, span_id: spanId });
const duration = Type.Number({ minimum: 0, description: 'Milliseconds' });
const services = Type.Array(Type.String(), { description: '`service.name` of those that had part in it' });

const span = strictObject({
  span_id: spanId,
  parent_span_id: nullable(spanId),
  parent: Type.Enum(['none', 'here', 'caller', 'missing'], {
    description: 'caller: of a caller who sends no spans here; missing: of our services, and not received: it still runs, or got lost',
  }),
  service: Type.String(),
  name: Type.String(),
  kind: Type.Enum(['internal', 'server', 'client', 'producer', 'consumer']),
  started_at: Type.String({ format: 'date-time', description: 'By the clock of its process' }),
  offset_ms: Type.Number({ description: 'Milliseconds from the start of the trace, once clocks are set' }),
  duration_ms: duration,
  moved_ms: Type.Number({ description: 'Milliseconds by which it was moved, since the clock of its process disagrees' }),
  error: Type.Boolean(),
  status_message: Type.String(),
  attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
  links: Type.Array(link),
});

/** `passthru trace ID --output json` */
export const traceSchema = document('trace', 'passthru trace ID', {
  trace_id: traceId,
  started_at: Type.String({ format: 'date-time' }),
  duration_ms: duration,
  services,
  duplicates: Type.Integer({ minimum: 0, description: 'Spans that came more than once' }),
  spans: Type.Array(span, { description: 'Each before its children, by their start' }),
  linked_from: Type.Array(strictObject({ trace_id: traceId, span_id: spanId, service: Type.String(), name: Type.String() }), {
    description: 'Spans of other traces that name this one',
  }),
});

export type TraceDocument = Static<typeof traceSchema>;

/** `passthru trace --output json` */
export const traceListSchema = document('trace-list', 'passthru trace', {
  traces: Type.Array(
    strictObject({
      trace_id: traceId,
      started_at: Type.String({ format: 'date-time' }),
      duration_ms: duration,
      name: Type.String({ description: 'Of the span with which it begins' }),
      services,
      spans: Type.Integer({ minimum: 1 }),
      status: nullable(Type.Integer({ description: 'Of the HTTP answer of that span' })),
      failed: Type.Boolean({ description: 'A span of it failed, or an answer in it was a refusal or an error' }),
    }),
    { description: 'Oldest first' },
  ),
});

export type TraceListDocument = Static<typeof traceListSchema>;
