/** One span, as far as the trace is checked. */
export interface Span {
  readonly service: string;
  readonly name: string;
  readonly id: string;
  /** Empty for a root. */
  readonly parent: string;
  /** Names of its attributes. */
  readonly attributes: readonly string[];
}

interface Attribute {
  readonly key: string;
  readonly value?: { readonly stringValue?: string };
}

/** `ExportTraceServiceRequest` as OTLP JSON, as far as it is read. @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
interface TraceRequest {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly Attribute[] };
    readonly scopeSpans?: readonly {
      readonly spans?: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly attributes?: readonly Attribute[];
      }[];
    }[];
  }[];
}

/** The spans of one trace among everything that the collector received. */
export const spansOf = async (records: AsyncIterable<unknown>, traceId: string): Promise<readonly Span[]> => {
  const found: Span[] = [];
  for await (const record of records) {
    for (const { resource, scopeSpans = [] } of (record as TraceRequest).resourceSpans ?? []) {
      const service = resource?.attributes?.find(({ key }) => key === 'service.name')?.value?.stringValue ?? '';
      for (const span of scopeSpans.flatMap(({ spans = [] }) => spans)) {
        if (span.traceId !== traceId) continue;
        const attributes = (span.attributes ?? []).map(({ key }) => key);
        found.push({ service, name: span.name, id: span.spanId, parent: span.parentSpanId ?? '', attributes });
      }
    }
  }
  return found;
};
