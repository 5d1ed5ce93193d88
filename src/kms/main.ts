import { packageVersion } from '#infra/process/package-version.ts';
import type { ServeOptions } from '#infra/process/serve-options.ts';
import { startDatabases } from '#infra/database/open/start-databases.ts';
import { wantsDemo } from '#infra/demo-data/config.ts';
import { readDemoTenants } from '#infra/demo-data/demo-tenants.ts';
import { startDemo } from '#infra/demo-data/start-demo.ts';
import { listen } from '#infra/http/server/listen.ts';
import { checkSignalDebugger } from '#infra/process/signal-debugger.ts';
import { keepHeapSmall } from '#infra/process/small-heap.ts';
import { stopOnSignals } from '#infra/process/stop.ts';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import { loadKmsConfig } from './config.ts';
import { logEvents } from './events.ts';
import { buildKms } from './server.ts';

/**
 * Runs the KMS until SIGTERM or SIGINT (`stopOnSignals`): configuration, telemetry, databases (waited for), unsealing, demo data, then both listeners.
 *
 * @throws AppError for whatever keeps it from starting; nothing is left open then
 */
export const serveKms = async (options: ServeOptions): Promise<void> => {
  const config = await loadKmsConfig(options.configFiles);
  const demo = wantsDemo(options, config.demo);
  await using opened = new AsyncDisposableStack();
  const telemetry = opened.use(
    await startTelemetry({ service: 'passthru-kms', version: packageVersion(), config: config.telemetry, log: config.log ?? 'stdout' }),
  );
  checkSignalDebugger({ policy: config.server.signal_debugger, log: telemetry.log, nodeOptions: options.nodeOptions });
  const emit = logEvents(telemetry);
  const databases = await startDatabases(config.database, telemetry);
  if (databases === null) return;
  opened.use(databases);
  const stopping = new AbortController();
  const kms = opened.use(await buildKms({ config, telemetry, databases, demo, stopping: stopping.signal }));
  if (kms.demo !== null) {
    await startDemo({ demo: kms.demo, reset: options.resetDemo, given: await readDemoTenants(config.demo.tenants_file), emit });
  }
  const admin = await listen(kms.admin, config.admin);
  emit({ type: 'listening', listener: 'admin', host: config.admin.host, port: admin.port });
  const server = await listen(kms.app, config.server);

  const running = opened.move();
  const drain = { seconds: config.server.drain_seconds, begin: () => stopping.abort() };
  stopOnSignals({ log: telemetry.log, drain, stop: () => running.disposeAsync() });
  // After that, so that whoever reads it may send a signal.
  emit({ type: 'listening', listener: 'public', host: config.server.host, port: server.port });
  keepHeapSmall();
};
