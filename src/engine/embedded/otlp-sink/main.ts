import { once } from 'node:events';
import type { Server } from 'node:https';
import { loadConfig } from '#infra/config/load-config.ts';
import { createDoors, type Doors } from '#infra/http/server/doors.ts';
import { cannotListen, type Where } from '#infra/http/server/listen.ts';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import type { ServeOptions } from '#infra/process/serve-options.ts';
import { checkSignalDebugger } from '#infra/process/signal-debugger.ts';
import { keepHeapSmall } from '#infra/process/small-heap.ts';
import { stopOnSignals } from '#infra/process/stop.ts';
import { createLogger } from '#infra/telemetry/logger.ts';
import { openLog } from '#infra/telemetry/open-log.ts';
import { sinkConfigSchema } from './config.ts';
import { drain } from './drain.ts';
import { createSink } from './server.ts';
import { openStore } from './store.ts';

/**
 * The OTLP sink: the collector of the embedded engine, and a program of its own (`passthru serve telemetry`). A request comes in over
 * TLS (`server.ts`), is read and checked (`body.ts`), and becomes a line of a file (`store.ts`), which `records.ts` reads back.
 */

const SERVICE = 'passthru-telemetry';
/** Milliseconds that the end of the process waits for its log. */
const FLUSH_LOG_MS = 500;

const listen = async (server: Server, doors: Doors, where: Where): Promise<number> => {
  server.listen(where.port, where.host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw cannotListen(cause, where);
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : where.port;
  await doors.open(port).catch((cause: unknown) => {
    throw cannotListen(cause, where);
  });
  return port;
};

/**
 * Runs the telemetry sink until it is told to stop; it prints JSON log lines and nothing else.
 *
 * @throws AppError `config-invalid`, `config-unreadable`, `tls-file-unreadable`, `port-taken`, `listen-failed`
 */
export const serveTelemetrySink = async (options: Pick<ServeOptions, 'configFiles' | 'nodeOptions'>): Promise<void> => {
  const config = await loadConfig({ schema: sinkConfigSchema, files: options.configFiles, what: 'telemetry sink configuration' });
  // It sends no telemetry of its own: it would be its own collector.
  const lines = await openLog(config.log ?? 'stdout', { service: SERVICE, trace: () => null });
  const log = createLogger([lines.sink]);
  checkSignalDebugger({ policy: 'warn', log, nodeOptions: options.nodeOptions });
  const store = await openStore(config.directory);
  const jobs = createJobs({ log });
  const server = await createSink({ tls: config.server.tls, store, jobs, log, lostLines: lines.lost });
  const doors = createDoors(server, config.server.also ?? []);
  const port = await listen(server, doors, config.server);
  const stop = async (): Promise<void> => {
    await drain(server, doors);
    await jobs[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    log.info('stopped');
    await lines.flush(FLUSH_LOG_MS);
  };
  stopOnSignals({ log, stop });
  log.info('listening', { listener: 'otlp', port });
  keepHeapSmall();
};
