import { randomUUIDv7 } from 'node:crypto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, type MetricProducer, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { AlwaysOnSampler, BatchSpanProcessor, type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { EXPORT_TIMEOUT_MS, type Exporters } from './exporters.ts';
import { PullReader } from './pull-reader.ts';

/** Spans, and log records, that wait for the collector; a dead collector costs no more memory than these. */
const MAX_QUEUED = 4_096;
const MAX_BATCH = 512;
/** Metrics are sums, and sums can wait: they go out every so many intervals of spans and logs, and at a flush. */
const METRIC_INTERVALS = 10;

/** Counts what waits in a processor and what finds no place in it; the processor itself would drop without telling anyone. */
const createQueue = (onLost: (count: number) => void) => {
  let waiting = 0;
  return {
    enter: (): boolean => {
      const hasPlace = waiting < MAX_QUEUED;
      if (hasPlace) waiting += 1;
      else onLost(1);
      return hasPlace;
    },
    leave: (count: number): void => void (waiting -= count),
  };
};

type Limits = Omit<ConstructorParameters<typeof BatchSpanProcessor>[0], 'exporter'>;

const spanProcessor = (exporter: Exporters['spans'], limits: Limits, onLost: (count: number) => void): SpanProcessor => {
  const queue = createQueue(onLost);
  const processor = new BatchSpanProcessor({
    ...limits,
    exporter: {
      export: (spans, done) => {
        queue.leave(spans.length);
        exporter.export(spans, done);
      },
      shutdown: () => exporter.shutdown(),
    },
  });
  return {
    onStart: (span, context) => processor.onStart(span, context),
    onEnd: (span) => {
      if (queue.enter()) processor.onEnd(span);
    },
    // The processor's own flush does not wait for an export that its timer began.
    forceFlush: async () => {
      await processor.forceFlush();
      await exporter.forceFlush?.();
    },
    shutdown: () => processor.shutdown(),
  };
};

const logProcessor = (exporter: Exporters['logs'], limits: Limits, onLost: (count: number) => void): LogRecordProcessor => {
  const queue = createQueue(onLost);
  const processor = new BatchLogRecordProcessor({
    ...limits,
    exporter: {
      export: (records, done) => {
        queue.leave(records.length);
        exporter.export(records, done);
      },
      forceFlush: () => exporter.forceFlush(),
      shutdown: () => exporter.shutdown(),
    },
  });
  return {
    onEmit: (record) => {
      if (queue.enter()) processor.onEmit(record);
    },
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
};

interface Providers {
  readonly tracing: TracerProvider | null;
  readonly logging: LoggerProvider | null;
  readonly metering: MeterProvider;
  /** Gives all metrics to who asks for them. */
  readonly pull: PullReader;
}

/**
 * The SDK's providers; without exporters there are only metrics, for who asks for them.
 *
 * @param producer of metrics beside those of the SDK
 * @param intervalMs how long spans and logs wait for company
 * @param onLost called with the number of spans or log records that found the queue full
 */
export const createProviders = (options: {
  readonly service: string;
  readonly version: string;
  /** Number of this process, where it is one of several. */
  readonly worker?: number | undefined;
  readonly exporters: Exporters | null;
  readonly producer: MetricProducer;
  readonly intervalMs: number;
  readonly onLost: (count: number) => void;
}): Providers => {
  const { service, version, worker, exporters, producer, intervalMs, onLost } = options;
  const metricProducers = [producer];
  const resource = resourceFromAttributes({
    'service.name': service,
    'service.version': version,
    'service.instance.id': randomUUIDv7(),
    'process.pid': process.pid,
    ...(worker !== undefined && { 'passthru.worker': worker }),
  });
  const pull = new PullReader({ metricProducers });
  if (exporters === null) return { tracing: null, logging: null, metering: new MeterProvider({ resource, readers: [pull] }), pull };
  // A trace that is not recorded does not come so far.
  const sampler = new AlwaysOnSampler();
  // Above what an export takes at most, so that its own result comes first.
  const exportTimeoutMillis = EXPORT_TIMEOUT_MS * 2;
  const limits = { scheduledDelayMillis: intervalMs, maxQueueSize: MAX_QUEUED, maxExportBatchSize: MAX_BATCH, exportTimeoutMillis };
  const metrics = new PeriodicExportingMetricReader({
    exporter: exporters.metrics,
    metricProducers,
    exportIntervalMillis: Math.max(intervalMs * METRIC_INTERVALS, exportTimeoutMillis),
    exportTimeoutMillis,
  });
  return {
    tracing: new TracerProvider({ resource, sampler, spanProcessors: [spanProcessor(exporters.spans, limits, onLost)] }),
    logging: new LoggerProvider({ resource, processors: [logProcessor(exporters.logs, limits, onLost)] }),
    metering: new MeterProvider({ resource, readers: [metrics, pull] }),
    pull,
  };
};
