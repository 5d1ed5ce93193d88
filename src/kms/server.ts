import { randomBytes } from 'node:crypto';
import type { Databases } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { watchOptional } from '#infra/http/optional-dependencies.ts';
import type { App } from '#infra/http/server.ts';
import { createNameTags } from '#infra/secrets/name-tags.ts';
import { systemClock } from '#infra/jobs/clock.ts';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { ALONE, type Workers } from '#infra/workers/workers.ts';
import { createApiKeyService } from './access/api-keys/api-key.service.ts';
import { openAccess } from './access/guard/open-access.ts';
import { createUserLeases } from './access/realms/user-leases.ts';
import { createRealmUsers } from './access/users/create-realm-users.ts';
import { createAdmin } from './admin/admin.ts';
import { gaugeKms } from './admin/gauges.ts';
import { createReshareService } from './admin/barrier/reshare.service.ts';
import { createRotationService } from './admin/barrier/rotation.service.ts';
import { createSealService, sealAtStart } from './admin/barrier/seal.service.ts';
import { createTenantsService } from './admin/tenants.service.ts';
import { openAuditLog } from './audit/open-audit-log.ts';
import { openBarrier } from './barrier/open-barrier.ts';
import { readUnsealKey } from './barrier/unseal-key.ts';
import type { KmsConfig } from './config.ts';
import { jobsOfTenants } from './jobs-of-tenants.ts';
import { createPublicApp } from './public-app.ts';
import { serviceMigrations } from './database/migrations.ts';
import type { ServiceTables } from './database/service-tables.ts';
import type { KmsDemo } from './demo/kms-demo.ts';
import { openDemoData } from './demo/open-demo-data.ts';
import { logEvents } from './events.ts';
import { createRowIntegrity } from './integrity/create-row-integrity.ts';
import { openRevisions } from './integrity/ledger/revisions-file.ts';
import { withLedger } from './integrity/with-ledger.ts';
import { createKeys } from './keys/keys.ts';
import { retireOlderKeys } from './keys/rewrapping/retire-keys.job.ts';
import { countActs } from './keys/operations/count-acts.ts';
import { quotasOf } from './keys/elastic-keys/quotas.ts';
import { adoptRows } from './tenants/adopt-rows.ts';
import { createAdministrators } from './tenants/administration/administrators.ts';
import { createTenantAdministration } from './tenants/administration/create-administration.ts';
import { createOperatorsOfTenants } from './tenants/administration/operators.ts';
import { shownTenantsStore } from './tenants/administration/shown-tenants.store.ts';
import { createTenantDirectory } from './tenants/create-directory.ts';
import { createTenantLifeCycle } from './tenants/create-life-cycle.ts';
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

/**
 * Builds the KMS from its configuration: opens its databases, unseals, removes what an interrupted run left.
 *
 * @param options.demo whether the demo runs here: its data is found, made and reset; without it that data sleeps
 * @param options.workers of which this process is one; it is alone where absent
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
  readonly workers?: Workers;
  readonly stopping?: AbortSignal;
  readonly now?: () => number;
  readonly elapsed?: () => number;
}): Promise<Kms> => {
  const { config, telemetry, stopping = new AbortController().signal, now = Date.now, elapsed = () => performance.now() } = options;
  const { workers = ALONE } = options;
  const drain = { begun: stopping, seconds: config.server.drain_seconds };
  await using opened = new AsyncDisposableStack();
  const jobs = opened.use(createJobs({ log: telemetry.log, clock: { ...systemClock, wall: now } }));
  const emit = logEvents(telemetry);

  const databases = opened.use(options.databases ?? (await openDatabases(config.database, { telemetry })));
  const own = opened.use(await databases.open<ServiceTables>('service', serviceMigrations));
  const told = sealAtStart(workers);
  const unsealKey = told === null ? await readUnsealKey(config.unseal) : told.key;
  // It outlives a restart and is the same in every replica; a KMS that starts sealed has one of its own until it is unsealed.
  let nameTag = createNameTags(unsealKey ?? randomBytes(32));
  const barrier = await openBarrier({ databases, service: own, unsealKey, now }).finally(() => unsealKey?.fill(0));

  const { accept_older_databases: acceptOlder, adopt_rows: allowed } = config.unseal;
  const revisions = opened.use(await openRevisions({ file: config.unseal.revisions_file, acceptOlder, emit }));
  const rows = createRowIntegrity({ barrier, revisions, emit });
  const service = withLedger(own, rows.service);

  const audit = opened.use(await openAuditLog({ databases, barrier, durability: config.audit.durability, revisions, emit, now, elapsed }));

  const { forgetTenant: onGone, tenants: held } = barrier;
  const tenants = opened.use(createTenantDirectory({ databases, service: service.db, rows, demo: options.demo, onGone, held, emit }));
  const userLeases = createUserLeases({ elapsed });
  const { forget } = userLeases;
  const lifeCycle = createTenantLifeCycle({ kind: service.kind, barrier, rows, directory: tenants, forget, now });
  const demoData = opened.use(openDemoData({ databases, service, rows, tenants, lifeCycle, emit, now, elapsed }));
  const prepare = async (): Promise<void> => {
    await audit.recallRevisions({ acceptOlder });
    await adoptRows({ databases, service, barrier, rows, allowed, emit });
    await demoData.sweep();
  };
  const isPrepared = barrier.state() === 'unsealed';
  if (isPrepared) await prepare();
  const seal = createSealService({ barrier, prepare, isPrepared, keyed: (key) => void (nameTag = createNameTags(key)), emit, workers });
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
      workers,
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
  const retiring = retireOlderKeys({ barrier, tenants, rows, locks: databases, now });
  const ofTenants = jobsOfTenants({ databases, service, tenants, lifeCycle, rows, keys, emit, now, elapsed });
  for (const job of [...databases.jobs, ...revisions.jobs, ...access.jobs, ...audit.jobs, retiring, ...ofTenants])
    opened.use(jobs.start(job));

  const checks: DependencyCheck[] = [
    { name: 'database', required: true, check: (signal) => databases.ping(signal) },
    ...access.dependencies,
  ];
  if (config.telemetry !== undefined) checks.push({ name: 'telemetry', required: false, check: (signal) => telemetry.probe(signal) });
  const dependencies = watchOptional(checks, { jobs });
  const health = { dependencies, jobs, notReady: () => (seal.state() === 'unsealed' ? null : seal.state()), workers };

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
  const app = await createPublicApp({
    config,
    telemetry,
    server: { jobs, drain },
    health: { ...health, stopping },
    closing,
    access,
    keys,
    apiKeys,
    users,
    administeredTenants,
    tenants,
    audit,
    demo: api,
    hasDemo: demo !== null,
    nameTag: (name) => nameTag(name),
    now,
    elapsed,
  });
  opened.defer(() => app.close());

  const made = createTenantsService({ service, rows, lock: demoData.preparing, tenants, lifeCycle, users: access.newUsers, emit });
  const rotation = createRotationService({ barrier, locks: databases, emit });
  gaugeKms(telemetry, { seal, barrier, keys, rows });
  const admin = await createAdmin({
    config,
    telemetry,
    barrier,
    seal,
    rotation,
    reshare: createReshareService({ barrier, locks: databases, share: seal.share, emit, elapsed }),
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
