import { type Agent, request } from 'node:https';
import type { LogRecordExporter, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { PushMetricExporter, ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';
import { AppError } from '#infra/apperr/app-error.ts';
import { clientTlsOptions, readTls } from '#infra/tls/options.ts';
import { createAgents } from './agents.ts';
import type { TelemetryConfig } from '../config.ts';

/** One export, its retry included, gives up after this many milliseconds. */
export const EXPORT_TIMEOUT_MS = 2_000;

type ExportResult = Parameters<Parameters<SpanExporter['export']>[1]>[0];
const SUCCESS = 0;

/** The part of an exporter that the SDK's processors need and that the SDK's own exporters have. */
interface Outlet<Batch> {
  export(batch: Batch, done: (result: ExportResult) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

type Sender<Batch> = Omit<Outlet<Batch>, 'forceFlush'>;

/**
 * Sends one kind of signal. The exporter behind it is loaded at the first export, off the path of a start, and thrown
 * away after a failure, so that the next one reads the certificates again and opens a new connection.
 */
const createOutlet = <Batch>(open: () => Promise<Sender<Batch>>, onLost: (batch: Batch) => void): Outlet<Batch> => {
  let sender: Promise<Sender<Batch>> | undefined;
  const inFlight = new Set<Promise<void>>();

  const deliver = async (batch: Batch): Promise<void> => {
    const current = (sender ??= open());
    try {
      const exporter = await current;
      const result = await new Promise<ExportResult>((resolve) => exporter.export(batch, resolve));
      if (result.code === SUCCESS) return;
      if (sender === current) sender = undefined;
      onLost(batch);
      await exporter.shutdown();
    } catch {
      // The certificates cannot be read: counted like every other loss, tried again at the next export.
      if (sender === current) sender = undefined;
      onLost(batch);
    }
  };

  const answer = async (batch: Batch, done: (result: ExportResult) => void): Promise<void> => {
    await deliver(batch);
    // The loss is counted; a failure reported to the SDK would only reject promises that nobody holds.
    done({ code: SUCCESS });
  };

  const forceFlush = async (): Promise<void> => {
    await Promise.all(inFlight);
  };
  return {
    export: (batch, done) => {
      const delivery = answer(batch, done).finally(() => inFlight.delete(delivery));
      inFlight.add(delivery);
    },
    forceFlush,
    shutdown: async () => {
      await forceFlush();
      const current = sender;
      sender = undefined;
      await (await current)?.shutdown();
    },
  };
};

export interface Exporters {
  readonly spans: SpanExporter;
  readonly logs: LogRecordExporter;
  readonly metrics: PushMetricExporter;
  probe(signal: AbortSignal): Promise<void>;
  /** Gives up what is being sent, so that a collector that never answers keeps no process alive. */
  abandon(): void;
}

/**
 * OTLP/HTTP with JSON over TLS 1.3 and a client certificate.
 *
 * @param onLost called with the number of spans, log records or metric exports that did not arrive
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const createExporters = (config: TelemetryConfig, onLost: (count: number) => void): Exporters => {
  const endpoint = config.endpoint.replace(/\/+$/, '');
  const agents = createAgents();

  /** An exporter with a connection of its own, which ends with it. */
  const open = async <Batch>(
    path: 'v1/traces' | 'v1/logs' | 'v1/metrics',
    create: (options: { url: string; timeoutMillis: number; httpAgentOptions: () => Agent }) => Promise<Sender<Batch>>,
  ): Promise<Sender<Batch>> => {
    const agent = agents.open({ ...clientTlsOptions(await readTls(config.tls)), keepAlive: true, maxSockets: 2 });
    const exporter = await create({ url: `${endpoint}/${path}`, timeoutMillis: EXPORT_TIMEOUT_MS, httpAgentOptions: () => agent });
    return {
      export: (batch, done) => exporter.export(batch, done),
      shutdown: async () => {
        await exporter.shutdown();
        agent.destroy();
      },
    };
  };

  const spans = createOutlet<ReadableSpan[]>(
    () => open('v1/traces', async (options) => new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(options)),
    (batch) => onLost(batch.length),
  );
  const logs = createOutlet<ReadableLogRecord[]>(
    () => open('v1/logs', async (options) => new (await import('@opentelemetry/exporter-logs-otlp-http')).OTLPLogExporter(options)),
    (batch) => onLost(batch.length),
  );
  const metrics = createOutlet<ResourceMetrics>(
    () =>
      open('v1/metrics', async (options) => new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter(options)),
    () => onLost(1),
  );

  const probe = async (signal: AbortSignal): Promise<void> => {
    // A connection of its own: one that is kept alive would answer for a collector whose certificate has gone bad.
    const tls = clientTlsOptions(await readTls(config.tls));
    await new Promise<void>((resolve, reject) => {
      const probing = request(`${endpoint}/`, { ...tls, agent: false, signal, method: 'GET' }, (response) => {
        response.resume();
        // The collector has no page there; that it answers at all is what was asked.
        response.once('close', resolve);
      });
      probing.once('error', (cause) => {
        reject(
          new AppError('telemetry-unavailable', 503, `the telemetry collector at ${new URL(endpoint).host} does not answer`, { cause }),
        );
      });
      probing.end();
    });
  };

  return { spans, logs, metrics, probe, abandon: agents.abandon };
};
