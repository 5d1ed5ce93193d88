import type { Databases } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { detailOf } from '#infra/http/config.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import { registerLanding } from '#infra/http/landing.routes.ts';
import { watchOptional } from '#infra/http/optional-dependencies.ts';
import type { App } from '#infra/http/server.ts';
import { createRefusalLog } from '#infra/http/server/refusal-log.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createNameTags } from '#infra/secrets/name-tags.ts';
import { createPasswords, type Passwords } from '#infra/secrets/passwords.ts';
import { systemClock } from '#infra/jobs/clock.ts';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { createCommonCounts } from '#infra/workers/common-counts.ts';
import { ALONE, type Workers } from '#infra/workers/workers.ts';
import { createAccounts } from './accounts/accounts.service.ts';
import { createAdministeredAccounts } from './accounts/create-administered-accounts.ts';
import { createNewAccounts } from './accounts/new-accounts.ts';
import { openBreachedList } from './accounts/passwords/breached-list.ts';
import { createNewPasswords } from './accounts/passwords/new-passwords.ts';
import { createPasswordChanges } from './accounts/passwords/password-changes.ts';
import { createAdmin } from './admin/admin.ts';
import { createEndAccess } from './admin/end-access.service.ts';
import { toBrowserClient } from './clients/browser-clients.ts';
import { createClientAdministration } from './clients/administration/create-client-administration.ts';
import { createClients } from './clients/clients.service.ts';
import { createNewClients } from './clients/new-clients.ts';
import { loadServiceClients } from './clients/service-clients.ts';
import type { IdentityConfig } from './config.ts';
import { identityMigrations } from './database/migrations.ts';
import type { IdentityTables } from './database/tables.ts';
import { openDemoData } from './demo/open-demo-data.ts';
import { type Emit, logEvents } from './events.ts';
import { createFactorReset } from './factors/factor-reset.ts';
import { createSecondFactors } from './factors/factors.service.ts';
import { createPasskeys } from './factors/passkeys.service.ts';
import { resealSecrets } from './factors/sealed-secrets.ts';
import { createFeed } from './feed/feed.ts';
import { registerBatchIntrospection } from './introspection/batch.routes.ts';
import { createSigningKeys } from './keys/signing-keys.service.ts';
import { createLogouts } from './logouts/create-logouts.ts';
import { createOutgoing } from './outgoing/create-outgoing.ts';
import { pageOfError } from './pages/page-of-error.ts';
import { createPasskeyChallenges } from './pages/second-factor/passkey-challenges.ts';
import { registerPages } from './pages/pages.routes.ts';
import { mountProvider } from './provider/mount.ts';
import { createClientCheck } from './provider/check-client.ts';
import { openRegistration } from './registration/open-registration.ts';
import { createOpenIdProvider } from './provider/provider.ts';
import { isKnownScope } from './provider/records/client-metadata.ts';
import { createPublicListener } from './public-listener.ts';
import { toResourceServer } from './resource-servers/resource-server.ts';
import { forgetRevocations } from './revocations/forget-revocations.ts';
import { createRevocationFeed } from './revocations/revocation-feed.ts';
import { createRevocationLog } from './revocations/revocation-log.ts';
import { loadSecrets } from './secrets.ts';
import { landingOf } from './views/landing.ts';

/** Identity, built and not listening. Disposal drains both servers, then closes the database. */
export interface Identity extends AsyncDisposable {
  /** For everybody: OAuth and OpenID Connect endpoints, pages, health. */
  readonly app: App;
  /** For operators with a client certificate. */
  readonly admin: App;
  /** For resource servers, who hear of revocations there; null where it is not configured. */
  readonly feed: App | null;
  /** Null where the demo is switched off. */
  readonly demo: Demo | null;
  /** Tells an event in its log. */
  readonly emit: Emit;
}

/**
 * Builds Identity from its configuration: opens its database, settles what an interrupted run left.
 *
 * @param options.demo whether the demo runs here: its data is found, made and reset; without it that data sleeps
 * @param options.workers of which this process is one; it is alone where absent
 * @param options.stopping aborted when the service begins to stop; it serves until it is disposed
 * @param options.now epoch milliseconds
 * @throws AppError for a secret, certificate, seed or database that cannot be used
 */
export const buildIdentity = async (options: {
  readonly config: IdentityConfig;
  readonly telemetry: Telemetry;
  readonly demo: boolean;
  /** Opened before, and closed with Identity; opened here where absent. */
  readonly databases?: Databases;
  readonly workers?: Workers;
  readonly stopping?: AbortSignal;
  readonly now?: () => number;
  /** Hashes and checks passwords, at the cost of `createPasswords` by default. */
  readonly newPasswords?: () => Passwords;
}): Promise<Identity> => {
  const { config, telemetry, stopping = new AbortController().signal, now = Date.now } = options;
  const { workers = ALONE, newPasswords = () => createPasswords({ processes: workers.count }) } = options;
  const drain = { begun: stopping, seconds: config.server.drain_seconds };
  await using opened = new AsyncDisposableStack();
  const jobs = opened.use(createJobs({ log: telemetry.log, clock: { ...systemClock, wall: now } }));

  const secrets = await loadSecrets(config.secrets);
  const databases = opened.use(options.databases ?? (await openDatabases(config.database, { telemetry })));
  const database = opened.use(await databases.open<IdentityTables>('identity', identityMigrations));
  const refusals = opened.use(createRefusalLog(telemetry.log));
  const emit = logEvents(telemetry, refusals);
  const resourceServers = config.resource_servers.map(toResourceServer);
  const nameTag = createNameTags(secrets.encryptionKeys[0].bytes);
  const onRefused = (clientId: string, address: string): void =>
    emit({ type: 'client-refused', reason: 'wrong-secret', address, nameTag: nameTag(clientId) });
  const closing = new AbortController();
  const limits = (of: string, slowness = 1) => createAttemptLimits({ workers, of, slowness, closing: closing.signal });
  // A queue for each: programs that try secrets do not hold up people who log in.
  const passwords = { people: newPasswords(), clients: newPasswords() };
  const accounts = createAccounts({ database, demo: options.demo, passwords: passwords.people, limits: limits('accounts') });
  const serviceClients = await loadServiceClients(config.service_clients);
  const browserClients = config.browser_clients.map(toBrowserClient);
  const configured = [...[...serviceClients.values()].map(({ client }) => client), ...browserClients];
  const clients = createClients({
    database,
    demo: options.demo,
    passwords: passwords.clients,
    serviceClients,
    browserClients,
    limits: limits('clients'),
    now,
    onRefused,
  });
  const revocations = createRevocationLog({ tokenSeconds: resourceServers.map(({ tokenTtlSeconds }) => tokenTtlSeconds), now });
  const revocationFeed = createRevocationFeed({ database, now });
  const signingKeys = await createSigningKeys({
    database,
    encryptionKeys: secrets.encryptionKeys,
    algorithms: config.signing.algorithms,
    onResealed: (keys) => emit({ type: 'signing-keys-resealed', keys }),
    onWithdrawn: (tx, kid) => revocations.record(tx, [{ event: { kind: 'signing-key-withdrawn', kid } }]),
    now,
  });
  const outgoing = opened.use(await createOutgoing({ config: config.outgoing, ca: config.server.tls.ca, telemetry }));
  const logouts = createLogouts({ database, emit, now });
  await resealSecrets(database, secrets.encryptionKeys);
  const { issuer } = config;
  const detail = detailOf(config.errors);
  const { cookieKeys } = secrets;
  const provider = await createOpenIdProvider({
    issuer,
    database,
    accounts,
    clients,
    signingKeys,
    outgoing,
    logouts,
    onLoggedOut: (logout) => emit({ type: 'logged-out', ...logout }),
    onReplayed: (replay) => emit({ type: 'replay-refused', ...replay }),
    cookieKeys,
    resourceServers,
    refreshGraceSeconds: config.refresh_tokens.grace_seconds,
    revocations,
    telemetry,
    refusals,
    detail,
    corsOrigins: config.server.cors_origins,
    registration: config.registration.enabled,
    dpopNonces: config.dpop.nonce,
    signingAlgorithms: config.signing.algorithms,
    asksForCertificates: config.server.client_certificates === 'request',
    commonCounts: (of) => createCommonCounts(workers, `places ${of}`),
    now,
  });
  const challenges = createPasskeyChallenges({ payloads: provider.payloads, now });
  const passkeys = createPasskeys({ database, issuer, challenges, now });
  const factors = createSecondFactors({
    database,
    passkeys,
    encryptionKeys: secrets.encryptionKeys,
    issuerHost: new URL(issuer).host,
    // Six digits are few: a name's guesses come back ten times as slowly as those at its password.
    limits: limits('factors', 10),
    now,
  });
  const breached = await openBreachedList(config.passwords.breached_list);
  const hashNewPassword = createNewPasswords({ passwords: passwords.people, breached });
  const passwordChanges = createPasswordChanges({ database, accounts, hashNewPassword, endAccess: provider.endAccessOfAccount, now });
  // One that oidc-provider would refuse at each request is an error of the start.
  for (const client of configured) await provider.checkClient(client);
  for (const job of [...databases.jobs, ...provider.jobs, ...outgoing.jobs, forgetRevocations(revocationFeed)]) opened.use(jobs.start(job));
  const demoData = opened.use(
    openDemoData({
      databases,
      database,
      provider,
      revocations,
      isKnownScope: (scope) => isKnownScope(resourceServers, scope),
      encryptionKeys: secrets.encryptionKeys,
      emit,
      now,
    }),
  );
  await demoData.sweep();
  if (!options.demo) await demoData.tellOfSleep();
  const seedFile = options.demo ? config.demo.seed_file : undefined;
  const { demo, publicAccounts } = seedFile === undefined ? { demo: null, publicAccounts: null } : await demoData.load(seedFile);

  const checks: DependencyCheck[] = [
    { name: 'database', required: true, check: (signal) => databases.ping(signal) },
    ...(config.telemetry === undefined
      ? []
      : [{ name: 'telemetry', required: false, check: (signal: AbortSignal) => telemetry.probe(signal) }]),
  ];
  const dependencies = watchOptional(checks, { jobs });
  const app = await createPublicListener({ config, serviceClients, telemetry, refusals, jobs, drain, workers, now });
  app.addHook('preClose', async () => closing.abort());
  opened.defer(() => app.close());
  await mountProvider(app, provider, { onPageError: pageOfError(telemetry) });
  registerBatchIntrospection(app, { serviceClients, provider, now });
  await registerPages(app, {
    interactions: provider.interactions,
    sessions: provider.sessions,
    access: provider.access,
    payloads: provider.payloads,
    accounts,
    clients,
    factors,
    passkeys,
    passwordChanges,
    resourceServers,
    demoAccounts: publicAccounts ?? [],
    emit,
    secrets: cookieKeys,
    nameTag,
    telemetry,
    now,
  });
  registerLanding(app, landingOf({ demoAccounts: publicAccounts }));
  registerHealth(app, { dependencies, jobs, telemetry, stopping, detail, workers });
  const clientAdministration = createClientAdministration({
    database,
    demo: options.demo,
    configured,
    passwords: passwords.clients,
    now,
  });
  const withoutPkce = await clientAdministration.withoutPkce();
  if (withoutPkce.length > 0) emit({ type: 'pkce-exceptions', clientIds: withoutPkce });
  const ends = createEndAccess({ database, provider, revocations, now });
  const checkClient = createClientCheck({ provider, resourceServers, signingAlgorithms: config.signing.algorithms });
  const registration = config.registration.enabled
    ? await openRegistration(app, {
        database,
        passwords: passwords.clients,
        clients,
        checkClient,
        removeClient: ends.removeClient,
        issuer,
        emit,
        nameTag,
        now,
      })
    : null;
  if (registration !== null) opened.use(jobs.start(registration.job));
  const isOfConfiguration = (id: string): boolean => configured.some(({ clientId }) => clientId === id);
  const admin = await createAdmin({
    config: config.admin,
    telemetry,
    dependencies,
    jobs,
    drain,
    administeredAccounts: createAdministeredAccounts({ database, demo: options.demo }),
    accounts: createNewAccounts({ database, hashNewPassword, now }),
    clientAdministration,
    clients: createNewClients({ database, passwords: passwords.clients, isOfConfiguration, now }),
    ends,
    passwordChanges,
    factorReset: createFactorReset({ database, endAccess: provider.endAccessOfAccount, now }),
    checkClient,
    initialTokens: registration?.tokens ?? null,
    resourceServers,
    signingKeys,
    reloadKeys: () => provider.reloadKeys(),
    demo,
    workers,
    emit,
    now,
  });
  opened.defer(() => admin.close());
  const feed =
    config.feed === undefined
      ? null
      : await createFeed({ config: config.feed, issuer, telemetry, jobs, drain, signingKeys, feed: revocationFeed, now });
  opened.defer(() => feed?.close());
  // All at once: each may wait for its requests.
  opened.defer(async () => void (await Promise.all([app, admin, feed].map((each) => each?.close()))));

  const resources = opened.move();
  return { app, admin, feed, demo, emit, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};
