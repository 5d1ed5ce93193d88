import type { LostLines } from '#infra/lines/line-queue.ts';
import type { LogFileConfig, TelemetryConfig } from './config.ts';

/**
 * Telemetry: traces, metrics and log lines of one process. This file is the contract, which every room may see; `sdk/` fulfils it with
 * OpenTelemetry and pino, and `no-telemetry.ts` with nothing. Names of attributes go through an allow-list and texts through a
 * redaction (`attributes.ts`) before they leave the process: by a log line on stdout, or as OTLP to the collector.
 */

/** Facts beside a span, a measurement or a log line: a number, a truth value, or a short text. */
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;

type Log = (message: string, attributes?: Attributes) => void;

/** Log lines with the active trace; attributes go through the allow-list, messages through the redaction. */
export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}

export interface SpanOptions {
  readonly kind?: 'server' | 'client' | 'internal';
  readonly attributes?: Attributes;
  /** Incoming `traceparent`; the span continues that trace. */
  readonly carrier?: Readonly<Record<string, string>>;
  /** Incoming `traceparent` of somebody who is not to choose our trace: the span begins one of its own, and is linked to that. */
  readonly linked?: Readonly<Record<string, string>>;
}

/** The span that is running. */
export interface ActiveSpan {
  set(attributes: Attributes): void;
}

/** Adds to a counter, or records a value in a histogram. */
export type Measure = (value: number, attributes?: Attributes) => void;

/** A value at the time of a look. */
export interface Observation {
  readonly value: number;
  readonly attributes?: Attributes;
}

/** What did not arrive since the process started. */
export interface Dropped {
  /** Lines of the log. */
  readonly log_lines: number;
  /** Why the last line was not written, in words that anybody may read; null while lines are written. */
  readonly log_cause: string | null;
  /** Spans, log records and metric exports that did not reach the collector. */
  readonly telemetry_records: number;
}

/** Traces, metrics and logs of one process. Nothing in here ever throws into the service, but for `probe`. */
export interface Telemetry extends AsyncDisposable {
  readonly log: Logger;
  /** Runs `run` inside a span; a throw marks the span and goes on to the caller. */
  span<T>(name: string, options: SpanOptions, run: (span: ActiveSpan) => Promise<T>): Promise<T>;
  /**
   * `traceparent` of the active span, or nothing.
   *
   * @see https://www.w3.org/TR/trace-context/
   */
  carrier(): Record<string, string>;
  /** 32 hexadecimal digits, or null outside of every span. */
  traceId(): string | null;
  /** The active span for later: what is run by the result belongs to it, whoever calls. */
  keep(): <R>(run: () => R) => R;
  counter(name: string, options: { readonly description: string; readonly unit?: string }): Measure;
  histogram(name: string, options: { readonly description: string; readonly unit: string }): Measure;
  /** A value that goes up and down. @param observe is called when metrics are collected, and must not throw */
  gauge(name: string, options: { readonly description: string; readonly unit?: string }, observe: () => readonly Observation[]): void;
  /**
   * All metrics as they are now, as text for Prometheus.
   *
   * @see https://prometheus.io/docs/instrumenting/exposition_formats/
   */
  exposition(): Promise<string>;
  dropped(): Dropped;
  /** Resolves when the collector answers over TLS; throws with the cause when it does not. */
  probe(signal: AbortSignal): Promise<void>;
  /** Sends what is waiting, for at most two seconds. */
  flush(): Promise<void>;
}

export interface TelemetryOptions {
  /** `service.name` of everything, for example `passthru-kms`. */
  readonly service: string;
  readonly version: string;
  /** The collector; without one nothing is exported, but traces still have ids. */
  readonly config?: TelemetryConfig | undefined;
  /** One JSON object a line, to stdout or to files that rotate. Default `none`. */
  readonly log?: 'stdout' | 'none' | LogFileConfig;
  /** Where this is one of several processes of a server; they share what is told for all, such as the traces of a second. */
  readonly worker?: { readonly number: number; readonly count: number; readonly lostLines: () => LostLines };
}
