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
import { loadIdentityConfig } from './config.ts';
import { withoutRuntimeWarning } from './provider/runtime-warning.ts';

/**
 * Runs Identity until SIGTERM or SIGINT (`stopOnSignals`): configuration, telemetry, database (waited for), demo data, then both listeners.
 *
 * @throws AppError for whatever keeps it from starting; nothing is left open then
 */
export const serveIdentity = async (options: ServeOptions): Promise<void> => {
  const { buildIdentity } = await withoutRuntimeWarning(() => import('./server.ts'));
  const config = await loadIdentityConfig(options.configFiles);
  const demo = wantsDemo(options, config.demo);
  await using opened = new AsyncDisposableStack();
  const telemetry = opened.use(
    await startTelemetry({
      service: 'passthru-identity',
      version: packageVersion(),
      config: config.telemetry,
      log: config.log ?? 'stdout',
    }),
  );
  checkSignalDebugger({ policy: config.server.signal_debugger, log: telemetry.log, nodeOptions: options.nodeOptions });
  const databases = await startDatabases(config.database, telemetry);
  if (databases === null) return;
  opened.use(databases);
  const stopping = new AbortController();
  const identity = opened.use(await buildIdentity({ config, telemetry, databases, demo, stopping: stopping.signal }));
  const { emit } = identity;
  if (identity.demo !== null) {
    const given = await readDemoTenants(config.demo.tenants_file);
    await startDemo({ demo: identity.demo, reset: options.resetDemo, given, emit });
  }
  const admin = await listen(identity.admin, config.admin);
  emit({ type: 'listening', listener: 'admin', host: config.admin.host, port: admin.port });
  if (identity.feed !== null && config.feed !== undefined) {
    const { port } = await listen(identity.feed, config.feed);
    emit({ type: 'listening', listener: 'feed', host: config.feed.host, port });
  }
  const server = await listen(identity.app, config.server);

  const running = opened.move();
  const drain = { seconds: config.server.drain_seconds, begin: () => stopping.abort() };
  stopOnSignals({ log: telemetry.log, drain, stop: () => running.disposeAsync() });
  // After that, so that whoever reads it may send a signal.
  emit({ type: 'listening', listener: 'public', host: config.server.host, port: server.port });
  keepHeapSmall();
};
