import type { Static } from 'typebox';
import { registerDemoRoutes } from '#infra/demo-data/demo-data.routes.ts';
import type { DependencyCheck } from '#infra/http/health.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import { registerMetrics } from '#infra/http/metrics.routes.ts';
import { tellOperatorActs } from '#infra/http/operator-acts.ts';
import { type adminListenerConfigSchema, operatorsOnly } from '#infra/http/operators.ts';
import type { App, Drain } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Workers } from '#infra/workers/workers.ts';
import type { Emit } from '#kms/events.ts';
import type { AuditLog } from '#kms/audit/audit-log.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { UnsealConfig } from '#kms/barrier/config.ts';
import type { RealmUsers } from '#kms/access/users/realm-users.ts';
import type { TenantDirectory } from '#kms/tenants/directory.ts';
import type { KmsDemo } from '#kms/demo/kms-demo.ts';
import { type IssuerKeys, registerIssuerKeyRoutes } from './issuer-keys.routes.ts';
import { registerFlowKeyRoutes } from './flow-keys.routes.ts';
import { registerAuditAdminRoutes } from './audit.routes.ts';
import type { RetiringProgress } from '#kms/keys/rewrapping/retire-keys.job.ts';
import { registerReshareRoutes } from './barrier/reshare.routes.ts';
import type { ReshareService } from './barrier/reshare.service.ts';
import { registerRotationRoutes } from './barrier/rotation.routes.ts';
import type { RotationService } from './barrier/rotation.service.ts';
import { registerSealRoutes } from './barrier/seal.routes.ts';
import type { SealService } from './barrier/seal.service.ts';
import { registerTenantRoutes } from './tenants.routes.ts';
import type { OperatorsOfTenants } from '#kms/tenants/administration/operators.ts';
import type { TenantsService } from './tenants.service.ts';
import { registerUsersOfTenants } from './users-of-tenants.routes.ts';

/**
 * The listener for operators, built and not listening: no connection without a verified client certificate, and beyond health
 * only for the common names that the configuration lists.
 *
 * @param options.demo null where the demo is switched off; its routes do not exist then
 */
export const createAdmin = async (options: {
  readonly config: { readonly admin: Static<typeof adminListenerConfigSchema>; readonly unseal: UnsealConfig };
  readonly telemetry: Telemetry;
  readonly barrier: Pick<Barrier, 'isInitialized'>;
  readonly seal: SealService;
  readonly rotation: RotationService;
  readonly reshare: ReshareService;
  /** Of the job that wraps anew what older keys wrap. */
  readonly progress: () => RetiringProgress;
  readonly dependencies: readonly DependencyCheck[];
  readonly jobs: Jobs;
  readonly notReady: () => string | null;
  readonly drain: Drain;
  readonly tenants: TenantsService;
  readonly users: RealmUsers;
  readonly directory: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly operators: OperatorsOfTenants;
  readonly audit: Pick<AuditLog, 'head' | 'export'>;
  readonly issuerKeys: readonly IssuerKeys[];
  readonly demo: KmsDemo | null;
  readonly workers: Workers;
  readonly emit: Emit;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Promise<App> => {
  const { config, telemetry, barrier, seal, dependencies, jobs, notReady, drain, tenants, operators, audit, demo, emit, now } = options;
  const { workers } = options;
  const app = await createServer({
    name: 'kms-admin',
    tls: config.admin.tls,
    clientCertificate: 'require',
    telemetry,
    jobs,
    drain,
    admission: operatorsOnly(config.admin.allowed_clients, now),
  });
  tellOperatorActs(app, emit);
  registerHealth(app, { dependencies, jobs, telemetry, notReady, stopping: drain.begun, workers });
  registerMetrics(app, { telemetry, jobs, clients: config.admin.metrics_clients, workers });
  registerSealRoutes(app, { seal, barrier, config: config.unseal });
  registerRotationRoutes(app, options);
  registerReshareRoutes(app, options.reshare);
  registerTenantRoutes(app, tenants, operators);
  registerUsersOfTenants(app, options);
  registerAuditAdminRoutes(app, audit);
  registerIssuerKeyRoutes(app, options.issuerKeys, workers);
  if (demo !== null) {
    registerDemoRoutes(app, demo);
    registerFlowKeyRoutes(app, demo);
  }
  return app;
};
