import type { Static } from 'typebox';
import { registerDemoRoutes } from '#infra/demo-data/demo-data.routes.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { describeRoutes } from '#infra/http/described-routes.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import { registerMetrics } from '#infra/http/metrics.routes.ts';
import { tellOperatorActs } from '#infra/http/operator-acts.ts';
import { type adminListenerConfigSchema, operatorsOnly } from '#infra/http/operators.ts';
import type { App, Drain } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Workers } from '#infra/workers/workers.ts';
import type { Emit } from '#identity/events.ts';
import type { AdministeredAccounts } from '#identity/accounts/administered-accounts.ts';
import type { NewAccounts } from '#identity/accounts/new-accounts.ts';
import type { PasswordChanges } from '#identity/accounts/passwords/password-changes.ts';
import type { ClientAdministration } from '#identity/clients/administration/client-administration.ts';
import type { NewClients } from '#identity/clients/new-clients.ts';
import type { InitialTokens } from '#identity/clients/registration/initial-tokens.ts';
import type { CheckClient } from '#identity/provider/check-client.ts';
import { isKnownScope } from '#identity/provider/records/client-metadata.ts';
import type { FactorReset } from '#identity/factors/factor-reset.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { registerAccountRoutes } from './accounts.routes.ts';
import { changedIds } from './changed-ids.ts';
import { registerClientSecretRoutes } from './client-secrets.routes.ts';
import { registerClientRoutes } from './clients.routes.ts';
import { registerCredentialRoutes } from './credentials.routes.ts';
import { registerEndAccessRoutes } from './end-access.routes.ts';
import type { EndAccess } from './end-access.service.ts';
import type { SigningKeys } from '#identity/keys/signing-keys.ts';
import { registerInitialTokenRoutes } from './initial-tokens.routes.ts';
import { registerSigningKeyRoutes } from './signing-keys.routes.ts';

const DOCUMENT = {
  title: 'passthru Identity, for operators',
  version: '1',
  description: 'OAuth clients, accounts, signing keys, initial access tokens, and the data of a demo.',
};

/**
 * The listener for operators, built and not listening: no connection without a verified client certificate, and beyond health
 * only for the common names that the configuration lists.
 */
export const createAdmin = async (options: {
  readonly config: Static<typeof adminListenerConfigSchema>;
  readonly telemetry: Telemetry;
  readonly dependencies: readonly DependencyCheck[];
  readonly jobs: Jobs;
  readonly drain: Drain;
  readonly accounts: NewAccounts;
  readonly administeredAccounts: AdministeredAccounts;
  readonly clients: NewClients;
  readonly clientAdministration: ClientAdministration;
  readonly ends: EndAccess;
  readonly passwordChanges: Pick<PasswordChanges, 'set'>;
  readonly factorReset: FactorReset;
  readonly checkClient: CheckClient;
  /** Null where clients do not register themselves. */
  readonly initialTokens: InitialTokens | null;
  readonly resourceServers: readonly ResourceServer[];
  readonly demo: Demo | null;
  readonly workers: Workers;
  readonly signingKeys: SigningKeys;
  /** Makes this replica see a change of the signing keys at once. */
  readonly reloadKeys: () => Promise<void>;
  readonly emit: Emit;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Promise<App> => {
  const { config, telemetry, dependencies, jobs, drain, clientAdministration, signingKeys, reloadKeys, demo, workers, emit, now } = options;
  const admin = await createServer({
    name: 'identity-admin',
    tls: config.tls,
    clientCertificate: 'require',
    telemetry,
    jobs,
    drain,
    admission: operatorsOnly(config.allowed_clients, now),
  });
  tellOperatorActs(admin, emit, changedIds);
  describeRoutes(admin, DOCUMENT);
  registerHealth(admin, { dependencies, jobs, telemetry, stopping: drain.begun, workers });
  registerMetrics(admin, { telemetry, jobs, clients: config.metrics_clients, workers });
  registerAccountRoutes(admin, options);
  registerClientRoutes(admin, {
    ...options,
    administration: clientAdministration,
    onExcepted: (clientId) => emit({ type: 'pkce-exceptions', clientIds: [clientId] }),
  });
  registerClientSecretRoutes(admin, clientAdministration);
  registerEndAccessRoutes(admin, { ends: options.ends, clients: clientAdministration });
  registerCredentialRoutes(admin, options);
  registerSigningKeyRoutes(admin, { keys: signingKeys, reload: reloadKeys, workers });
  if (options.initialTokens !== null) {
    const isKnown = (scope: string): boolean => isKnownScope(options.resourceServers, scope);
    registerInitialTokenRoutes(admin, { tokens: options.initialTokens, isKnownScope: isKnown });
  }
  if (demo !== null) registerDemoRoutes(admin, demo);
  return admin;
};
