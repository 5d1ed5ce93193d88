import { randomUUID } from 'node:crypto';
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { AppError } from '#infra/apperr/app-error.ts';
import { allowedAttributes, redact } from '../attributes.ts';
import type { ActiveSpan, Telemetry } from '../telemetry.ts';

/** `version-traceid-parentid-flags`; ids of zeros alone are invalid. @see https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

const contextOf = (traceparent: string | undefined): Context | null => {
  if (traceparent === undefined) return null;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent.trim()) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  // The other bits are for others. https://www.w3.org/TR/trace-context/#other-flags
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
};

/** The context of a trace without spans here: it has ids, for logs and for those who are asked on its way. */
const withIds = (traceFlags: TraceFlags): Context => {
  const traceId = randomUUID().replaceAll('-', '');
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: traceId.slice(16), traceFlags });
};

const isRecorded = (context: Context): boolean => trace.getSpanContext(context)?.traceFlags === TraceFlags.SAMPLED;

const NO_SPAN: ActiveSpan = { set: () => {} };

const linksTo = (traceparent: string | undefined): Link[] => {
  const context = contextOf(traceparent);
  const span = context === null ? undefined : trace.getSpanContext(context);
  return span === undefined ? [] : [{ context: span }];
};

/** The name of an error that is fit for a trace: its code, else its class; never its message. */
const errorType = (error: unknown): string => {
  if (error instanceof AppError) return error.code;
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};

export interface Traces extends Pick<Telemetry, 'span' | 'carrier' | 'traceId' | 'keep'> {
  /** The context to which a log record of this moment belongs. */
  active(): Context | undefined;
  ids(): { readonly traceId: string; readonly spanId: string; readonly traceFlags: number } | null;
}

/**
 * Spans that find their parent through the asynchronous flow. A trace is recorded as a whole or not at all: who begins it decides.
 *
 * @param options.tracer null where nobody collects: there are ids alone, and whoever is asked on the way may record the trace
 * @param options.mayRecord asked for each trace that begins here
 * @see https://www.w3.org/TR/trace-context/#sampled-flag
 */
export const createTraces = (options: { readonly tracer: Tracer | null; readonly mayRecord: () => boolean }): Traces => {
  const { tracer, mayRecord } = options;
  const flow = new AsyncLocalStorage<Context>();

  const run = async <T>(span: Span, context: Context, work: () => Promise<T>): Promise<T> => {
    try {
      return await flow.run(context, work);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', redact(errorType(error)));
      throw error;
    } finally {
      span.end();
    }
  };

  const ids: Traces['ids'] = () => {
    const context = flow.getStore();
    return context === undefined ? null : (trace.getSpanContext(context) ?? null);
  };

  return {
    span: (name, options, work) => {
      const around = options.linked === undefined ? flow.getStore() : undefined;
      const outer = contextOf(options.carrier?.traceparent) ?? around;
      if (tracer === null) return flow.run(outer ?? withIds(TraceFlags.SAMPLED), () => work(NO_SPAN));
      if (outer === undefined ? !mayRecord() : !isRecorded(outer)) return flow.run(outer ?? withIds(TraceFlags.NONE), () => work(NO_SPAN));
      const parent = outer ?? ROOT_CONTEXT;
      const kind = KINDS[options.kind ?? 'internal'];
      const links = linksTo(options.linked?.traceparent);
      const span = tracer.startSpan(redact(name), { kind, attributes: allowedAttributes(options.attributes), links }, parent);
      const active = {
        set: (attributes: Parameters<typeof allowedAttributes>[0]) => void span.setAttributes(allowedAttributes(attributes)),
      };
      return run(span, trace.setSpan(parent, span), () => work(active));
    },
    carrier: (): Record<string, string> => {
      const active = ids();
      return active === null ? {} : { traceparent: `00-${active.traceId}-${active.spanId}-0${active.traceFlags & TraceFlags.SAMPLED}` };
    },
    traceId: () => ids()?.traceId ?? null,
    keep: () => {
      const kept = flow.getStore();
      return (run) => (kept === undefined ? run() : flow.run(kept, run));
    },
    active: () => flow.getStore(),
    ids,
  };
};
