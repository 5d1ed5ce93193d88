import type { Logger as OtlpLogger } from '@opentelemetry/api';
import type { LostLines } from '#infra/lines/line-queue.ts';
import { NOTHING_LOST } from '#infra/workers/workers.ts';
import { readTls } from '#infra/tls/options.ts';
import { allowedAttributes } from '../attributes.ts';
import { createExporters } from './exporters.ts';
import { exposition } from './exposition.ts';
import { measureProcess } from './process-metrics.ts';
import { createLogger, type LogSink } from '../logger.ts';
import { openLog } from '../open-log.ts';
import { createMeasures } from './measures.ts';
import { createProviders } from './providers.ts';
import type { Telemetry, TelemetryOptions } from '../telemetry.ts';
import { createTraceRate } from './trace-rate.ts';
import { createTraces, type Traces } from './traces.ts';

const DEFAULT_INTERVAL_MS = 1_000;
const DEFAULT_TRACES_PER_SECOND = 100;
/** Milliseconds that `flush`, and so the end of a process, waits for the collector. */
const FLUSH_MS = 1_500;
/** Milliseconds that the end of a process waits for its log. */
const FLUSH_LOG_MS = 500;

const atMost = async (limitMs: number, work: readonly (Promise<void> | undefined)[]): Promise<void> => {
  const { promise: limit, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, limitMs);
  await Promise.race([Promise.allSettled(work), limit]);
  clearTimeout(timer);
};

const otlpSink =
  (logger: OtlpLogger, traces: Traces): LogSink =>
  (_level, { severity, severityNumber, body, attributes }) => {
    const context = traces.active();
    const timestamp = Date.now();
    logger.emit({ severityText: severity, severityNumber, body, attributes, timestamp, ...(context === undefined ? {} : { context }) });
  };

/**
 * Starts traces, metrics and logs of this process.
 *
 * @throws AppError `tls-file-unreadable` when a certificate file of the configuration cannot be read
 */
export const startTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  const { config, service, version } = options;
  const worker = options.worker === undefined || options.worker.count === 1 ? undefined : options.worker;
  let dropped = 0;
  const onLost = (count: number): void => void (dropped += count);
  // Read once now: a missing certificate is an error of the start, not one lost export after the other.
  if (config !== undefined) await readTls(config.tls);
  const exporters = config === undefined ? null : createExporters(config, onLost);
  const intervalMs = config?.export_interval_ms ?? DEFAULT_INTERVAL_MS;
  const measures = createMeasures({ scope: { name: service, version }, now: Date.now });
  const { tracing, logging, metering, pull } = createProviders({
    service,
    version,
    worker: worker?.number,
    exporters,
    producer: measures.producer,
    intervalMs,
    onLost,
  });

  const isInRate = createTraceRate({
    perSecond: Math.ceil((config?.traces_per_second ?? DEFAULT_TRACES_PER_SECOND) / (worker?.count ?? 1)),
    elapsed: () => performance.now(),
  });
  let unrecorded = 0;
  const mayRecord = (): boolean => {
    const may = isInRate();
    if (!may) unrecorded += 1;
    return may;
  };
  const traces = createTraces({ tracer: tracing?.getTracer(service, version) ?? null, mayRecord });
  const meter = metering.getMeter(service, version);
  const measured = measureProcess(meter);
  const sinks: LogSink[] = [];
  const lines =
    options.log === undefined || options.log === 'none'
      ? null
      : await openLog(options.log, { service, worker: worker?.number, trace: traces.ids });
  if (lines !== null) sinks.push(lines.sink);
  if (logging !== null) sinks.push(otlpSink(logging.getLogger(service, version), traces));

  /** On the way to the log, and by the process that writes it for several. */
  const lostLines = (): LostLines => {
    const here = lines?.lost() ?? NOTHING_LOST;
    const there = worker?.lostLines() ?? NOTHING_LOST;
    return { lines: here.lines + there.lines, cause: here.cause ?? there.cause };
  };
  const countLost = (name: string, description: string, count: () => number): void =>
    meter.createObservableCounter(name, { description }).addCallback((result) => result.observe(count()));
  countLost('passthru.log.lost', 'Log lines that could not be written', () => lostLines().lines);
  countLost('passthru.traces.unrecorded', 'Traces beyond traces_per_second, which have ids and no spans', () => unrecorded);
  countLost('passthru.telemetry.lost', 'Spans, log records and metric exports that did not reach the collector', () => dropped);

  const providers = [tracing, logging, metering];
  let closing: Promise<void> | undefined;
  return {
    log: createLogger(sinks),
    span: traces.span,
    carrier: traces.carrier,
    traceId: traces.traceId,
    keep: traces.keep,
    counter: measures.counter,
    histogram: measures.histogram,
    gauge: (name, details, observe) =>
      meter.createObservableGauge(name, details).addCallback((result) => {
        for (const { value, attributes } of observe()) result.observe(value, allowedAttributes(attributes));
      }),
    exposition: async () => exposition((await pull.collect()).resourceMetrics),
    dropped: () => {
      const { lines: log_lines, cause: log_cause } = lostLines();
      return { log_lines, log_cause, telemetry_records: dropped };
    },
    probe: async (signal) => exporters?.probe(signal),
    flush: () =>
      atMost(
        FLUSH_MS,
        providers.map((provider) => provider?.forceFlush()),
      ),
    [Symbol.asyncDispose]: () =>
      (closing ??= atMost(
        FLUSH_MS,
        providers.map((provider) => provider?.shutdown()),
      )
        .finally(() => {
          measured[Symbol.dispose]();
          exporters?.abandon();
        })
        .then(() => lines?.flush(FLUSH_LOG_MS))),
  };
};
