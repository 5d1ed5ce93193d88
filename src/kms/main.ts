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
import { createSpentProofs } from './access/bindings/token-binding.ts';
import type { SpentProof } from './access/bindings/proof-replays.ts';
import { afterFirstStart } from './barrier/config.ts';
import { loadKmsConfig } from './config.ts';
import { logEvents } from './events.ts';

const SERVICE = 'passthru-kms';

/**
 * Runs the KMS until SIGTERM or SIGINT (`stopOnSignals`): configuration, telemetry, databases (waited for), unsealing, demo data, then both listeners.
 * With `server.workers` this process starts the workers, and each of them does all that.
 *
 * @throws AppError for whatever keeps it from starting; nothing is left open then
 */
export const serveKms = async (options: ServeOptions): Promise<void> => {
  await using opened = new AsyncDisposableStack();
  const place = await takePlace({
    service: SERVICE,
    load: () => loadKmsConfig(options.configFiles),
    spendFor: ({ tokens }) => {
      const spend = createSpentProofs({ config: tokens, elapsed: () => performance.now() });
      return (proof) => spend(proof as SpentProof);
    },
  });
  if (place === null) return;
  const { config, workers, isFirst, signals, log } = opened.use(place);
  // The process that starts workers needs none of it.
  const { buildKms } = await import('./server.ts');
  const demo = wantsDemo(options, config.demo);
  const telemetry = opened.use(
    await startTelemetry({ service: SERVICE, version: packageVersion(), config: config.telemetry, log, worker: workers }),
  );
  checkSignalDebugger({ policy: config.server.signal_debugger, log: telemetry.log, nodeOptions: options.nodeOptions });
  const emit = logEvents(telemetry);
  const databases = await startDatabases(config.database, telemetry, signals);
  if (databases === null) return;
  opened.use(databases);
  const stopping = new AbortController();
  const own = isFirst ? config : { ...config, unseal: afterFirstStart(config.unseal) };
  const kms = opened.use(await buildKms({ config: own, telemetry, databases, demo, workers, stopping: stopping.signal }));
  if (kms.demo !== null && isFirst) {
    await startDemo({ demo: kms.demo, reset: options.resetDemo, given: await readDemoTenants(config.demo.tenants_file), emit });
  }
  if (workers.number === 1) {
    const admin = await listen(kms.admin, config.admin, 'own');
    emit({ type: 'listening', listener: 'admin', host: config.admin.host, port: admin.port });
  }
  const server = await listen(kms.app, config.server);

  const running = opened.move();
  const drain = { seconds: config.server.drain_seconds, begin: () => stopping.abort() };
  stopOnSignals({ log: telemetry.log, drain, signals, stop: () => running.disposeAsync() });
  // After that, so that whoever reads it may send a signal.
  emit({ type: 'listening', listener: 'public', host: config.server.host, port: server.port });
  place.up();
  keepHeapSmall();
};
