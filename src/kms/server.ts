import { randomBytes } from 'node:crypto';
import type { Databases } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { detailOf } from '#infra/http/config.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import { registerLanding } from '#infra/http/landing.routes.ts';
import { watchOptional } from '#infra/http/optional-dependencies.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { createNameTags } from '#infra/secrets/name-tags.ts';
import { systemClock } from '#infra/jobs/clock.ts';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { registerApiKeyRoutes } from './access/api-keys/api-key.routes.ts';
import { createApiKeyService } from './access/api-keys/api-key.service.ts';
import { guardServiceRoutes } from './access/guard/guard.ts';
import { describeResource } from './access/guard/resource-metadata.ts';
import { openAccess } from './access/guard/open-access.ts';
import { describedBrowserApi } from './access/guard/described-browser-api.ts';
import { registerSession } from './access/sessions/session.routes.ts';
import { createUserLeases } from './access/realms/user-leases.ts';
import { createRealmUsers } from './access/users/create-realm-users.ts';
import { registerRealmUserRoutes } from './access/users/realm-user.routes.ts';
import { createTenantRate } from './access/guard/tenant-rate.ts';
import { recordRefusals } from './access/guard/record-refusals.ts';
import { createAdmin } from './admin/admin.ts';
import { gaugeKms } from './admin/gauges.ts';
import { createReshareService } from './admin/barrier/reshare.service.ts';
import { createRotationService } from './admin/barrier/rotation.service.ts';
import { createSealService } from './admin/barrier/seal.service.ts';
import { createTenantsService } from './admin/tenants.service.ts';
import { registerAuditRoutes } from './audit/reading/audit.routes.ts';
import { createReadAudit } from './audit/reading/read-audit.ts';
import { openAuditLog } from './audit/open-audit-log.ts';
import { browserPathOf } from './api/browser-routes.ts';
import { landingOf } from './api/landing.ts';
import { SERVICE_PREFIX } from './api/service-routes.ts';
import { logInOf } from './api/openapi/log-in.ts';
import { SWAGGER_PATH } from './api/openapi/swagger-page.ts';
import { registerOpenApi } from './api/openapi/openapi.ts';
import { openBarrier } from './barrier/open-barrier.ts';
import { readUnsealKey } from './barrier/unseal-key.ts';
import type { Caller } from './caller.ts';
import type { KmsConfig } from './config.ts';
import { serviceMigrations } from './database/migrations.ts';
import type { ServiceTables } from './database/service-tables.ts';
import type { KmsDemo } from './demo/kms-demo.ts';
import { openDemoData } from './demo/open-demo-data.ts';
import { logEvents } from './events.ts';
import { registerPages } from './pages/pages.routes.ts';
import { forgetIdempotencyKeys, forgetServiceIdempotencyKeys } from './idempotency/forget-keys.ts';
import { createRowIntegrity } from './integrity/create-row-integrity.ts';
import { openRevisions } from './integrity/ledger/revisions-file.ts';
import { withLedger } from './integrity/with-ledger.ts';
import { registerKeyRoutes } from './keys/keys.routes.ts';
import { createKeys } from './keys/keys.ts';
import { retireOlderKeys } from './keys/rewrapping/retire-keys.job.ts';
import { countActs } from './keys/operations/count-acts.ts';
import { forgetGrants } from './keys/grants/forget-grants.ts';
import { forgetTransportKeys } from './keys/transfer/forget-transport-keys.ts';
import { destroyDueKeys } from './keys/life-cycle/destroy-due-keys.ts';
import { eraseDestroyedKeys } from './keys/life-cycle/erase-destroyed-keys.ts';
import { quotasOf } from './keys/elastic-keys/quotas.ts';
import { rotateDueKeys } from './keys/rotation/rotate-due-keys.ts';
import { adoptRows } from './tenants/adopt-rows.ts';
import { createAdministrators } from './tenants/administration/administrators.ts';
import { createTenantAdministration } from './tenants/administration/create-administration.ts';
import { createOperatorsOfTenants } from './tenants/administration/operators.ts';
import { removeDueTenants } from './tenants/administration/remove-due-tenants.ts';
import { shownTenantsStore } from './tenants/administration/shown-tenants.store.ts';
import { registerTenantRoutes } from './tenants/administration/tenant.routes.ts';
import { createClockWatch } from './tenants/clock-watch.ts';
import { createTenantDirectory } from './tenants/create-directory.ts';
import { createTenantLifeCycle } from './tenants/create-life-cycle.ts';
import { lookAtTenants } from './tenants/damaged-tenants.ts';
import { forgetGoneTenants } from './tenants/gone-tenants.ts';
import { createTenantPreparation } from './tenants/prepare-tenants.ts';

/** The KMS, built and not listening. Disposal drains both servers, then closes the databases. */
export interface Kms extends AsyncDisposable {
  /** For everybody with a credential: keys, health, OpenAPI. */
  readonly app: App;
  /** For operators with a client certificate. */
  readonly admin: App;
  /** Null where the demo is switched off. */
  readonly demo: KmsDemo | null;
}

/** The options of the public listener that its configuration gives. */
const listenerOf = ({ tls, rate_limit: limit, proxy_networks: proxyNetworks, trace_networks: traceNetworks }: KmsConfig['server']) => ({
  tls,
  rateLimit: { max: limit.max, timeWindowMs: limit.window_seconds * 1000 },
  proxyNetworks,
  traceNetworks,
});

/**
 * Builds the KMS from its configuration: opens its databases, unseals, removes what an interrupted run left.
 *
 * @param options.demo whether the demo runs here: its data is found, made and reset; without it that data sleeps
 * @param options.stopping aborted when the service begins to stop; it serves until it is disposed
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 * @throws AppError for a secret, share, certificate, realms file, seed or database that cannot be used
 */
export const buildKms = async (options: {
  readonly config: KmsConfig;
  readonly telemetry: Telemetry;
  readonly demo: boolean;
  /** Opened before, and closed with the KMS; opened here where absent. */
  readonly databases?: Databases;
  readonly stopping?: AbortSignal;
  readonly now?: () => number;
  readonly elapsed?: () => number;
}): Promise<Kms> => {
  const { config, telemetry, stopping = new AbortController().signal, now = Date.now, elapsed = () => performance.now() } = options;
  const drain = { begun: stopping, seconds: config.server.drain_seconds };
  await using opened = new AsyncDisposableStack();
  const jobs = opened.use(createJobs({ log: telemetry.log, clock: { ...systemClock, wall: now } }));
  const emit = logEvents(telemetry);

  const databases = opened.use(options.databases ?? (await openDatabases(config.database, { telemetry })));
  const own = opened.use(await databases.open<ServiceTables>('service', serviceMigrations));
  const unsealKey = await readUnsealKey(config.unseal);
  // It outlives a restart and is the same in every replica; a KMS that starts sealed has one of its own until it is unsealed.
  let nameTag = createNameTags(unsealKey ?? randomBytes(32));
  const barrier = await openBarrier({ databases, service: own, unsealKey, now }).finally(() => unsealKey?.fill(0));

  const revisions = opened.use(await openRevisions({ file: config.unseal.revisions_file, emit }));
  const rows = createRowIntegrity({ barrier, revisions, emit });
  const service = withLedger(own, rows.service);

  const audit = opened.use(await openAuditLog({ databases, barrier, durability: config.audit.durability, emit, now, elapsed }));

  const { forgetTenant: onGone, tenants: held } = barrier;
  const tenants = opened.use(createTenantDirectory({ databases, service: service.db, rows, demo: options.demo, onGone, held, emit }));
  const userLeases = createUserLeases({ elapsed });
  const { forget } = userLeases;
  const lifeCycle = createTenantLifeCycle({ kind: service.kind, barrier, rows, directory: tenants, forget, now });
  const demoData = opened.use(openDemoData({ databases, service, rows, tenants, lifeCycle, emit, now, elapsed }));
  const prepare = async (): Promise<void> => {
    await adoptRows({ databases, service, barrier, rows, allowed: config.unseal.adopt_rows, emit });
    await demoData.sweep();
  };
  const isPrepared = barrier.state() === 'unsealed';
  if (isPrepared) await prepare();
  const seal = createSealService({ barrier, prepare, isPrepared, keyed: (key) => void (nameTag = createNameTags(key)), emit });
  if (!options.demo) await demoData.tellOfSleep();

  const closing = new AbortController();
  const { demo: isDemo } = options;
  const access = opened.use(
    await openAccess({
      config,
      demo: isDemo,
      barrier,
      service,
      rows,
      userLeases,
      tenants,
      locks: databases,
      telemetry,
      emit,
      now,
      elapsed,
      closing: closing.signal,
    }),
  );
  const { insufficientScope } = access.challenges;
  const administration = { database: service, rows, locks: databases, takeEffect: () => lifeCycle.takeEffect([]) };
  const keys = createKeys({
    barrier,
    rows,
    insufficientScope,
    administration,
    audit,
    emit: countActs(telemetry),
    now,
    quotas: quotasOf(config.quotas),
  });
  const apiKeys = createApiKeyService({
    operate: keys.operate,
    barrier,
    config: config.api_keys,
    forget: access.apiKeys.forget,
    now,
  });
  const seedFile = options.demo ? config.demo.seed_file : undefined;
  const { demo, api } = seedFile === undefined ? { demo: null, api: null } : await demoData.load(seedFile, keys, apiKeys);
  const clock = createClockWatch({ db: service.db, now });
  const retiring = retireOlderKeys({ barrier, tenants, rows, locks: databases, now });
  const ofTenants = [
    retiring,
    forgetGoneTenants(tenants),
    lookAtTenants(tenants, rows),
    forgetIdempotencyKeys({ locks: databases, tenants, rows, now }),
    forgetServiceIdempotencyKeys({ locks: databases, service, now }),
    destroyDueKeys({ locks: databases, tenants, rows, clock, destruction: keys.destruction, emit, now, elapsed }),
    eraseDestroyedKeys({ locks: databases, tenants, rows, now }),
    forgetTransportKeys({ locks: databases, tenants, rows, now }),
    forgetGrants({ locks: databases, tenants, rows, now }),
    ...keys.jobs,
    removeDueTenants({ locks: databases, operate: keys.operate, service, rows, tenants, lifeCycle, clock, emit, now }),
    rotateDueKeys({ materialKeys: keys.materialKeys, hints: keys.rotationHints, locks: databases, tenants, rows, emit, now, elapsed }),
  ];
  for (const job of [...databases.jobs, ...revisions.jobs, ...access.jobs, ...audit.jobs, ...ofTenants]) opened.use(jobs.start(job));

  const checks: DependencyCheck[] = [
    { name: 'database', required: true, check: (signal) => databases.ping(signal) },
    ...access.dependencies,
  ];
  if (config.telemetry !== undefined) checks.push({ name: 'telemetry', required: false, check: (signal) => telemetry.probe(signal) });
  const dependencies = watchOptional(checks, { jobs });
  const health = { dependencies, jobs, notReady: () => (seal.state() === 'unsealed' ? null : seal.state()) };

  const detail = detailOf(config.errors);
  const app = await createServer({
    name: 'kms',
    clientCertificate: 'request',
    telemetry,
    jobs,
    drain,
    detail,
    ...listenerOf(config.server),
    ...(access.browser !== null && { secondPath: browserPathOf }),
  });
  app.addHook('preClose', async () => closing.abort());
  opened.defer(() => app.close());
  await registerOpenApi(app, {
    swaggerUi: config.server.swagger,
    logIn: logInOf(config.identity.issuers),
    browser: access.browser && describedBrowserApi(access.browser),
    demo: api,
  });
  const { max, window_seconds: seconds } = config.quotas.requests;
  const countRequests = createTenantRate({ max, windowMs: seconds * 1000, elapsed });
  describeResource(app, { originOf: access.originOf, issuers: config.identity.issuers.map(({ issuer }) => issuer) });
  guardServiceRoutes(app, {
    ...access,
    browser: access.browser?.door ?? null,
    admit: keys.admit,
    countRequests,
    traceId: () => telemetry.traceId(),
    now,
    nameTag: (name) => nameTag(name),
  });
  recordRefusals(app, audit);
  app.addHook('onError', async (request, _reply, error) => {
    const caller: Caller | undefined = request.caller;
    if (caller !== undefined) tenants.noteDamage(caller.tenant, error);
  });
  registerLanding(app, landingOf({ pages: access.browser !== null, swaggerUi: config.server.swagger, demo: demo !== null }));
  registerHealth(app, { ...health, telemetry, stopping, detail });
  registerKeyRoutes(app, keys);
  registerApiKeyRoutes(app, apiKeys);
  const users = createRealmUsers({
    operate: keys.operate,
    service,
    rows,
    newUsers: access.newUsers,
    rules: access.userRules,
    tenants,
    max: config.quotas.realm_users,
    now,
  });
  registerRealmUserRoutes(app, users, { base: `${SERVICE_PREFIX}/realm-users`, callerOf: async ({ caller }) => caller });
  const shownTenants = shownTenantsStore(service.db, rows, { kind: service.kind, demo: isDemo });
  const administeredTenants = createTenantAdministration({
    operate: keys.operate,
    rows,
    shown: shownTenants,
    administrators: createAdministrators(config.tenants.administrators),
    lock: demoData.preparing,
    prepare: createTenantPreparation({ service: demoData.preparing.guard(service), rows, tenants, lifeCycle }),
    max: config.tenants.max,
    now,
  });
  registerTenantRoutes(app, administeredTenants);
  if (access.browser !== null) {
    registerSession(app, access.browser);
    await registerPages(app, {
      browser: access.browser,
      authenticate: access.authenticate,
      countRequests,
      keys,
      telemetry,
      nameTag: (name) => nameTag(name),
      swagger: config.server.swagger ? SWAGGER_PATH : null,
    });
  }
  registerAuditRoutes(app, createReadAudit({ operate: keys.operate, entries: audit.entries }));

  const made = createTenantsService({ service, rows, lock: demoData.preparing, tenants, lifeCycle, users: access.newUsers, emit });
  const rotation = createRotationService({ barrier, locks: databases, emit });
  gaugeKms(telemetry, { seal, barrier, keys, rows });
  const admin = await createAdmin({
    config,
    telemetry,
    barrier,
    seal,
    rotation,
    reshare: createReshareService({ barrier, locks: databases, emit, elapsed }),
    progress: retiring.progress,
    tenants: made,
    users,
    directory: tenants,
    operators: createOperatorsOfTenants({ administration: administeredTenants, shown: shownTenants, tenants }),
    audit,
    issuerKeys: access.issuerKeys,
    demo,
    drain,
    emit,
    now,
    ...health,
  });
  opened.defer(() => admin.close());
  // Both at once: each may wait for its requests.
  opened.defer(async () => void (await Promise.all([app.close(), admin.close()])));

  const resources = opened.move();
  return { app, admin, demo, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};
