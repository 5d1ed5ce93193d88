import type { Databases } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { createResets } from '#infra/demo-data/create-resets.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import { createDemoLocks } from '#infra/demo-data/demo-locks.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { systemClock } from '#infra/jobs/clock.ts';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { createAdmin } from './admin/admin.ts';
import { openBarrier } from './barrier/open-barrier.ts';
import type { KmsConfig } from './config.ts';
import { serviceMigrations } from './database/migrations.ts';
import type { ServiceTables } from './database/service-tables.ts';
import { createDemo } from './demo/create-demo.ts';
import { createDemoStore } from './demo/demo.store.ts';
import { loadSeed } from './demo/seed-file.ts';
import { registerKeyRoutes } from './keys/keys.routes.ts';
import { createKeys } from './keys/keys.ts';
import { countActs } from './keys/operations/count-acts.ts';
import { logEvents } from './events.ts';
import { registerOpenApi } from './api/openapi.ts';
import { guardServiceRoutes } from './access/guard/guard.ts';
import { openAuthentication } from './access/guard/authentication.ts';
import { createChallenges } from './access/challenges.ts';
import { forgetGoneTenants } from './tenants/gone-tenants.ts';
import { sweepTenants } from './tenants/sweep.ts';
import { createTenantDirectory } from './tenants/create-directory.ts';
import { createTenantLifeCycle } from './tenants/create-life-cycle.ts';
import { openTrustedIssuers } from './access/tokens/trusted-issuers.ts';
import { readUnsealKey } from './barrier/unseal-key.ts';

/** The KMS, built and not listening. Disposal drains both servers, then closes the databases. */
export interface Kms extends AsyncDisposable {
  /** For everybody with a credential: keys, health, OpenAPI. */
  readonly app: App;
  /** For operators with a client certificate. */
  readonly admin: App;
  /** Null where the demo is switched off. */
  readonly demo: Demo | null;
}

/**
 * Builds the KMS from its configuration: opens its databases, unseals, removes what an interrupted run left.
 *
 * @param options.demo whether demo data may be made and reset here
 * @param options.now epoch milliseconds
 * @throws AppError for a secret, share, certificate, realms file, seed or database that cannot be used
 */
export const buildKms = async (options: {
  readonly config: KmsConfig;
  readonly telemetry: Telemetry;
  readonly demo: boolean;
  /** Opened before, and closed with the KMS; opened here where absent. */
  readonly databases?: Databases;
  readonly now?: () => number;
}): Promise<Kms> => {
  const { config, telemetry, now = Date.now } = options;
  await using opened = new AsyncDisposableStack();
  const jobs = opened.use(createJobs({ log: telemetry.log, clock: { ...systemClock, wall: now } }));
  const emit = logEvents(telemetry.log);

  const databases = opened.use(options.databases ?? (await openDatabases(config.database, { telemetry })));
  const service = opened.use(await databases.open<ServiceTables>('service', serviceMigrations));
  const unsealKey = await readUnsealKey(config.unseal);
  const barrier = await openBarrier({ databases, service, unsealKey, now }).finally(() => unsealKey?.fill(0));
  const notReady = () => (barrier.state() === 'sealed' ? 'sealed' : null);
  const { forgetTenant: onGone, tenants: held } = barrier;
  const tenants = opened.use(createTenantDirectory({ databases, service: service.db, onGone, held }));
  const lifeCycle = createTenantLifeCycle({ kind: service.kind, barrier, directory: tenants, now });
  const locks = opened.use(createDemoLocks(databases, 'kms'));
  const store = createDemoStore(lifeCycle);
  const { takeEffect } = lifeCycle;
  const resets = createResets({ database: service, store, locks, takeEffect: (gone) => takeEffect(gone ?? []), emit, now });
  if (barrier.state() === 'unsealed') {
    await resets.sweep();
    await locks.exclusively(() => sweepTenants({ databases, service: locks.guard(service), tenants, lifeCycle, emit }));
  }
  const challenges = createChallenges(config.errors.detail);
  const keys = createKeys({ barrier, insufficientScope: challenges.insufficientScope, emit: countActs(telemetry), now });
  const { issuers: configs, required, tls } = config.identity;
  const issuers = opened.use(await openTrustedIssuers({ configs, tls, required, telemetry, emit, now }));
  for (const job of [...databases.jobs, ...issuers.jobs, forgetGoneTenants(tenants)]) opened.use(jobs.start(job));
  const authenticate = await openAuthentication({
    realmsFile: config.realms_file,
    service,
    tenants,
    issuers: issuers.issuers,
    challenges,
    emit,
    now,
  });
  const seedFile = options.demo ? config.demo.seed_file : undefined;
  const demo =
    seedFile === undefined
      ? null
      : createDemo({
          seed: await loadSeed(seedFile),
          service,
          locks,
          resets,
          tenants,
          lifeCycle,
          elasticKeys: keys.elasticKeys,
          emit,
          now,
        });

  const dependencies: DependencyCheck[] = [
    { name: 'database', required: true, check: (signal) => databases.ping(signal) },
    ...(config.identity.issuers.length === 0 ? [] : [issuers.dependency]),
    ...(config.telemetry === undefined
      ? []
      : [{ name: 'telemetry', required: false, check: (signal: AbortSignal) => telemetry.probe(signal) }]),
  ];
  const { tls: serverTls, rate_limit: limit, proxy_networks: proxyNetworks, swagger } = config.server;
  const rateLimit = { max: limit.max, timeWindowMs: limit.window_seconds * 1000 };
  const app = await createServer({ name: 'kms', tls: serverTls, clientCertificate: 'request', telemetry, jobs, rateLimit, proxyNetworks });
  opened.defer(() => app.close());
  await registerOpenApi(app, { swaggerUi: swagger });
  guardServiceRoutes(app, { challenges, authenticate, traceId: () => telemetry.traceId() });
  registerHealth(app, { dependencies, jobs, notReady });
  registerKeyRoutes(app, keys);

  const admin = await createAdmin({ config, telemetry, barrier, dependencies, jobs, notReady, demo });
  opened.defer(() => admin.close());
  // Both at once: each may wait for its requests.
  opened.defer(async () => void (await Promise.all([app.close(), admin.close()])));

  const resources = opened.move();
  return { app, admin, demo, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};
