import type { Attributes } from './attributes.ts';
import type { TelemetryConfig } from './config.ts';

export type { Attributes } from './attributes.ts';

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
}

/** The span that is running. */
export interface ActiveSpan {
  set(attributes: Attributes): void;
}

/** Adds to a counter, or records a value in a histogram. */
export type Measure = (value: number, attributes?: Attributes) => void;

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
  counter(name: string, options: { readonly description: string; readonly unit?: string }): Measure;
  histogram(name: string, options: { readonly description: string; readonly unit: string }): Measure;
  /** Spans, log records and metric exports that did not reach the collector. */
  dropped(): number;
  /** Resolves when the collector answers over TLS; throws with the cause when it does not. */
  probe(signal: AbortSignal): Promise<void>;
  /** Sends what is waiting, for at most two seconds. */
  flush(): Promise<void>;
}

export interface TelemetryOptions {
  /** `service.name` of everything, for example `passthru-kms`. */
  readonly service: string;
  readonly version: string;
  /** Where it goes; without it nothing is exported, but traces still have ids. */
  readonly config?: TelemetryConfig | undefined;
  /** `stdout`: one JSON object a line. Default `none`. */
  readonly log?: 'stdout' | 'none';
}

/**
 * Starts traces, metrics and logs of this process.
 *
 * @throws AppError `tls-file-unreadable` when a certificate file of the configuration cannot be read
 */
export const startTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  // Loaded here, so that whoever needs only the types or `noTelemetry` does not pay for the SDK.
  const { startSdk } = await import('./sdk.ts');
  return startSdk(options);
};

const ignore = (): void => {};

/** Telemetry that records nothing; spans still run what they are given. */
export const noTelemetry = (): Telemetry => ({
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  span: async (_name, _options, run) => run({ set: ignore }),
  carrier: () => ({}),
  traceId: () => null,
  counter: () => ignore,
  histogram: () => ignore,
  dropped: () => 0,
  probe: async () => {},
  flush: async () => {},
  [Symbol.asyncDispose]: async () => {},
});
