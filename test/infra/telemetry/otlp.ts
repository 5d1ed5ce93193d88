/** OTLP JSON as far as the tests read it. @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
interface KeyValue {
  readonly key: string;
  readonly value: Record<string, unknown>;
}

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly KeyValue[];
  readonly status: { readonly code?: number; readonly message?: string };
  readonly events?: readonly unknown[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

export interface OtlpLog {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly severityText: string;
  readonly severityNumber: number;
  readonly body: { readonly stringValue: string };
  readonly attributes: readonly KeyValue[];
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: {
    readonly dataPoints: readonly { readonly asDouble?: number; readonly asInt?: number; readonly attributes: readonly KeyValue[] }[];
  };
  readonly histogram?: {
    readonly dataPoints: readonly {
      readonly count: number;
      readonly sum: number;
      readonly bucketCounts: readonly number[];
      readonly explicitBounds: readonly number[];
      readonly attributes: readonly KeyValue[];
    }[];
  };
}

/** The items of export requests, two lists down: resources, then scopes. */
const items = <T>(requests: readonly unknown[], resource: string, scope: string, item: string): T[] =>
  requests
    .flatMap((request) => (request as Record<string, Record<string, Record<string, T[]>[]>[]>)[resource] ?? [])
    .flatMap((each) => each[scope] ?? [])
    .flatMap((each) => each[item] ?? []);

export const spansOf = (requests: readonly unknown[]): OtlpSpan[] => items(requests, 'resourceSpans', 'scopeSpans', 'spans');
export const logsOf = (requests: readonly unknown[]): OtlpLog[] => items(requests, 'resourceLogs', 'scopeLogs', 'logRecords');
export const metricsOf = (requests: readonly unknown[]): OtlpMetric[] => items(requests, 'resourceMetrics', 'scopeMetrics', 'metrics');

/** Attributes as a plain object, whatever the type of their values. */
export const attributesOf = (list: readonly KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
