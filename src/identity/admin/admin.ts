import type { Static } from 'typebox';
import { registerDemoRoutes } from '#infra/demo-data/demo-data.routes.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import { type adminListenerConfigSchema, admitOperatorsOnly } from '#infra/http/operators.ts';
import type { App, Drain } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { SigningKeys } from '#identity/keys/signing-keys.ts';
import { registerSigningKeyRoutes } from './signing-keys.routes.ts';

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
  readonly demo: Demo | null;
  readonly signingKeys: SigningKeys;
  /** Makes this replica see a change of the signing keys at once. */
  readonly reloadKeys: () => Promise<void>;
}): Promise<App> => {
  const { config, telemetry, dependencies, jobs, drain, demo, signingKeys, reloadKeys } = options;
  const admin = await createServer({ name: 'identity-admin', tls: config.tls, clientCertificate: 'require', telemetry, jobs, drain });
  admitOperatorsOnly(admin, config.allowed_clients);
  registerHealth(admin, { dependencies, jobs, telemetry, stopping: drain.begun });
  registerSigningKeyRoutes(admin, { keys: signingKeys, reload: reloadKeys });
  if (demo !== null) registerDemoRoutes(admin, demo);
  return admin;
};
