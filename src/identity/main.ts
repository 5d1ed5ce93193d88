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
import { takePlace } from '#infra/process/workers/take-place.ts';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import { loadIdentityConfig } from './config.ts';
import { withoutRuntimeWarning } from './provider/runtime-warning.ts';

const SERVICE = 'passthru-identity';

/**
 * Runs Identity until SIGTERM or SIGINT (`stopOnSignals`): configuration, telemetry, database (waited for), demo data, then both listeners.
 * With `server.workers` this process starts the workers, and each of them does all that.
 *
 * @throws AppError for whatever keeps it from starting; nothing is left open then
 */
export const serveIdentity = async (options: ServeOptions): Promise<void> => {
  await using opened = new AsyncDisposableStack();
  const load = () => loadIdentityConfig(options.configFiles);
  const place = await takePlace({ service: SERVICE, load, spendFor: () => () => null });
  if (place === null) return;
  const { config, workers, isFirst, signals, log } = opened.use(place);
  const { buildIdentity } = await withoutRuntimeWarning(() => import('./server.ts'));
  const demo = wantsDemo(options, config.demo);
  const telemetry = opened.use(
    await startTelemetry({
      service: SERVICE,
      version: packageVersion(),
      config: config.telemetry,
      log,
      worker: workers,
    }),
  );
  checkSignalDebugger({ policy: config.server.signal_debugger, log: telemetry.log, nodeOptions: options.nodeOptions });
  const databases = await startDatabases(config.database, telemetry, signals);
  if (databases === null) return;
  opened.use(databases);
  const stopping = new AbortController();
  const identity = opened.use(await buildIdentity({ config, telemetry, databases, demo, workers, stopping: stopping.signal }));
  const { emit } = identity;
  if (identity.demo !== null && isFirst) {
    const given = await readDemoTenants(config.demo.tenants_file);
    await startDemo({ demo: identity.demo, reset: options.resetDemo, given, emit });
  }
  if (workers.number === 1) {
    const admin = await listen(identity.admin, config.admin, 'own');
    emit({ type: 'listening', listener: 'admin', host: config.admin.host, port: admin.port });
  }
  if (workers.number === 1 && identity.feed !== null && config.feed !== undefined) {
    const { port } = await listen(identity.feed, config.feed, 'own');
    emit({ type: 'listening', listener: 'feed', host: config.feed.host, port });
  }
  const server = await listen(identity.app, config.server);

  const running = opened.move();
  const drain = { seconds: config.server.drain_seconds, begin: () => stopping.abort() };
  stopOnSignals({ log: telemetry.log, drain, signals, stop: () => running.disposeAsync() });
  // After that, so that whoever reads it may send a signal.
  emit({ type: 'listening', listener: 'public', host: config.server.host, port: server.port });
  place.up();
  keepHeapSmall();
};
