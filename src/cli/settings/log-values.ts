import type { ValueType } from './value-types.ts';

const MILLISECONDS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DAY_MS = MILLISECONDS.d;

/** A moment as somebody types it who reads logs: so long ago, a time of the last 24 hours, or date and time. */
export type Moment =
  | { readonly kind: 'ago'; readonly ms: number }
  /** Milliseconds since midnight, UTC. */
  | { readonly kind: 'time'; readonly ms: number }
  /** Epoch milliseconds. */
  | { readonly kind: 'date'; readonly ms: number };

const readMoment = (text: string): Moment | undefined => {
  const [, amount, unit] = /^(\d{1,6})(s|m|h|d)$/.exec(text) ?? [];
  if (amount !== undefined) return { kind: 'ago', ms: Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS] };
  if (/^\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(text)) return dated('time', Date.parse(`1970-01-01T${text}Z`));
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?(Z|[+-]\d\d:\d\d)?$/.test(text)) return undefined;
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(text.slice(10));
  const full = text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T');
  return dated('date', Date.parse(hasZone ? full : `${full}Z`));
};

const dated = (kind: 'time' | 'date', ms: number): Moment | undefined => (Number.isNaN(ms) ? undefined : { kind, ms });

/** When it was, epoch milliseconds. */
export const epochOf = (moment: Moment, now: number): number => {
  if (moment.kind === 'ago') return now - moment.ms;
  if (moment.kind === 'date') return moment.ms;
  const today = now - (now % DAY_MS) + moment.ms;
  return today <= now ? today : today - DAY_MS;
};

export const moment: ValueType<Moment> = {
  form: 'an age such as 30s, 5m, 2h or 1d, a time in UTC such as 14:30 or 14:30:05, or a date such as 2026-11-28T14:30:00Z',
  placeholder: 'time',
  fromText: readMoment,
  fromYaml: (value) => (typeof value === 'string' ? readMoment(value) : undefined),
  toText: ({ kind, ms }) => (kind === 'ago' ? `${ms / MILLISECONDS.s}s` : new Date(ms).toISOString().slice(kind === 'time' ? 11 : 0)),
};

/** `version-traceid-parentid-flags`. @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

const readReference = (text: string): string | undefined => {
  const found = text
    .trim()
    .toLowerCase()
    .replace(/^trace=/, '');
  return TRACEPARENT.exec(found)?.[1] ?? (/^[0-9a-f]{4,32}$/.test(found) ? found : undefined);
};

/** The first digits of a trace id, at least four, in lower case; out of a `traceparent` all of it. */
export const traceReference: ValueType<string> = {
  form: 'a trace id, its first digits (4 or more), or a traceparent',
  placeholder: 'id',
  fromText: readReference,
  fromYaml: (value) => (typeof value === 'string' ? readReference(value) : undefined),
  toText: String,
};
