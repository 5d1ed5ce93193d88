import { isObject } from '#infra/json/json-object.ts';
import type { AttributeValue, Span, SpanKind, SpanLink } from './span.ts';

/** By the number in OTLP; 0 is unspecified, which is read as internal, as the protocol asks for. */
const KINDS: readonly SpanKind[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_ERROR = 2;
/** Bits of `flags` that tell of the parent: whether it is known where it is, and whether it is in another process. */
const KNOWS_PARENT = 0x100;
const PARENT_IS_REMOTE = 0x200;

const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

const listOf = (value: unknown): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const idOf = (value: unknown, form: RegExp): string | null => {
  const id = textOf(value).toLowerCase();
  return form.test(id) ? id : null;
};

/** Nanoseconds as a 64-bit integer, which JSON has as a text, or as a number where its maker did not care. */
const nanosOf = (value: unknown): bigint | null => {
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? BigInt(Math.trunc(value)) : null;
  return /^[1-9]\d{0,19}$/.test(textOf(value)) ? BigInt(textOf(value)) : null;
};
const toMs = (nanos: bigint): number => Number(nanos / 1_000_000n) + Number(nanos % 1_000_000n) / 1e6;

const valueOf = (value: unknown): AttributeValue | null => {
  if (!isObject(value)) return null;
  const { stringValue, intValue, doubleValue, boolValue, ...other } = value;
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  const number = intValue ?? doubleValue;
  if (typeof number === 'number') return number;
  if (typeof number === 'string') return Number.isSafeInteger(Number(number)) ? Number(number) : number;
  const [rest] = Object.values(other);
  return rest === undefined ? null : JSON.stringify(rest);
};

const attributesOf = (value: unknown): Readonly<Record<string, AttributeValue>> =>
  Object.fromEntries(
    listOf(value).flatMap(({ key, value: raw }): [string, AttributeValue][] => {
      const one = valueOf(raw);
      return typeof key === 'string' && one !== null ? [[key, one]] : [];
    }),
  );

const linksOf = (value: unknown): readonly SpanLink[] =>
  listOf(value).flatMap((link) => {
    const [traceId, spanId] = [idOf(link['traceId'], TRACE_ID), idOf(link['spanId'], SPAN_ID)];
    return traceId === null || spanId === null ? [] : [{ traceId, spanId }];
  });

interface Resource {
  readonly service: string;
  readonly instance: string;
}

const resourceOf = (value: unknown): Resource => {
  const attributes = isObject(value) ? attributesOf(value['attributes']) : {};
  const service = String(attributes['service.name'] ?? '');
  return { service, instance: String(attributes['service.instance.id'] ?? attributes['process.pid'] ?? service) };
};

/** Null for a span without ids or times: nobody could say where it belongs. */
const spanOf = (raw: Readonly<Record<string, unknown>>, resource: Resource): Span | null => {
  const [traceId, id] = [idOf(raw['traceId'], TRACE_ID), idOf(raw['spanId'], SPAN_ID)];
  const [start, end] = [nanosOf(raw['startTimeUnixNano']), nanosOf(raw['endTimeUnixNano'])];
  if (traceId === null || id === null || start === null || end === null) return null;
  const flags = typeof raw['flags'] === 'number' ? raw['flags'] : 0;
  const status = isObject(raw['status']) ? raw['status'] : {};
  return {
    ...resource,
    traceId,
    id,
    parentId: idOf(raw['parentSpanId'], SPAN_ID),
    isParentRemote: (flags & KNOWS_PARENT) === 0 ? null : (flags & PARENT_IS_REMOTE) !== 0,
    name: textOf(raw['name']),
    kind: KINDS[Number(raw['kind'])] ?? 'internal',
    startMs: toMs(start),
    durationMs: end > start ? toMs(end - start) : 0,
    isError: status['code'] === STATUS_ERROR || status['code'] === 'STATUS_CODE_ERROR',
    statusMessage: textOf(status['message']),
    attributes: attributesOf(raw['attributes']),
    links: linksOf(raw['links']),
  };
};

/**
 * The spans in one `ExportTraceServiceRequest` as OTLP JSON. A part that does not have the form of the protocol is passed over: a
 * collector keeps what it was sent.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export const spansIn = (record: unknown): readonly Span[] =>
  listOf(isObject(record) ? record['resourceSpans'] : []).flatMap(({ resource, scopeSpans }) => {
    const of = resourceOf(resource);
    return listOf(scopeSpans)
      .flatMap(({ spans }) => listOf(spans))
      .flatMap((raw) => spanOf(raw, of) ?? []);
  });

/** The spans that are wanted among everything that the collector received, in the order in which they came. */
export const readSpans = async (records: AsyncIterable<unknown>, isWanted: (span: Span) => boolean): Promise<readonly Span[]> => {
  const found: Span[] = [];
  for await (const record of records) found.push(...spansIn(record).filter(isWanted));
  return found;
};
