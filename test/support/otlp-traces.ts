import { randomBytes } from 'node:crypto';

/** A new trace id as W3C Trace Context has it. */
export const newTraceId = (): string => randomBytes(16).toString('hex');

/** 16 hexadecimal digits that stand for a short name: the same for the same name. */
export const spanId = (name: string): string => Buffer.from(name.padEnd(8, '.').slice(0, 8)).toString('hex');

export interface WrittenSpan {
  readonly traceId: string;
  /** At most eight letters; see `spanId`. */
  readonly id: string;
  readonly parent?: string;
  readonly isParentRemote?: boolean;
  /** Milliseconds after `EPOCH`. */
  readonly from?: number;
  readonly to?: number;
  readonly name?: string;
  /** Of OTLP: 1 internal, 2 server, 3 client. */
  readonly kind?: number;
  readonly error?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

export const EPOCH = Date.UTC(2026, 0, 2, 3, 4, 5);

const nanos = (milliseconds: number): string => `${BigInt(EPOCH) * 1_000_000n + BigInt(Math.round(milliseconds * 1e6))}`;

const anyValue = (value: string | number | boolean) =>
  typeof value === 'string' ? { stringValue: value } : typeof value === 'boolean' ? { boolValue: value } : { intValue: value };

/** One export request of OTLP JSON with the spans of one process. */
export const traceRequest = (service: string, ...spans: readonly WrittenSpan[]) => ({
  resourceSpans: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: service } },
          { key: 'service.instance.id', value: { stringValue: `one ${service}` } },
        ],
      },
      scopeSpans: [
        {
          scope: { name: service },
          spans: spans.map(({ traceId, id, parent, isParentRemote, from = 0, to = 10, name = 'work', kind = 1, error, ...span }) => ({
            traceId,
            spanId: spanId(id),
            ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
            name,
            kind,
            startTimeUnixNano: nanos(from),
            endTimeUnixNano: nanos(to),
            attributes: Object.entries(span.attributes ?? {}).map(([key, value]) => ({ key, value: anyValue(value) })),
            links: span.links ?? [],
            status: error === undefined ? { code: 0 } : { code: 2, message: error },
            ...(isParentRemote === undefined ? {} : { flags: isParentRemote ? 0x301 : 0x101 }),
          })),
        },
      ],
    },
  ],
});

export async function* received(...records: readonly unknown[]): AsyncGenerator<unknown> {
  yield* records;
}
