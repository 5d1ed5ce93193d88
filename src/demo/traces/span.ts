export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type AttributeValue = string | number | boolean;

/** A span of another trace that has to do with this one. */
export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
}

/** One span as the collector received it. Ids are lower-case hexadecimal digits: 32 of a trace, 16 of a span. */
export interface Span {
  readonly traceId: string;
  readonly id: string;
  /** Null for a span that begins its trace. */
  readonly parentId: string | null;
  /** Whether the parent is of another process; null where nothing tells. */
  readonly isParentRemote: boolean | null;
  /** `service.name` of the process that made it, for example `passthru-kms`; empty where it said none. */
  readonly service: string;
  /** The process itself, as far as its resource tells it from others of the service. */
  readonly instance: string;
  readonly name: string;
  readonly kind: SpanKind;
  /** Epoch milliseconds by the clock of its process. */
  readonly startMs: number;
  /** Milliseconds; 0 where the clock went back. */
  readonly durationMs: number;
  readonly isError: boolean;
  /** Description of an error; empty where there is none. */
  readonly statusMessage: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly links: readonly SpanLink[];
}

/** The status of the HTTP answer that a span is about; null for a span without one. */
export const httpStatusOf = ({ attributes }: Pick<Span, 'attributes'>): number | null => {
  const status = attributes['http.response.status_code'];
  return typeof status === 'number' ? status : null;
};
