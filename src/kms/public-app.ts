import { detailOf } from '#infra/http/config.ts';
import { registerHealth } from '#infra/http/health.routes.ts';
import { registerLanding } from '#infra/http/landing.routes.ts';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import type { NameTag } from '#infra/secrets/name-tags.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { createCommonCounts } from '#infra/workers/common-counts.ts';
import type { Workers } from '#infra/workers/workers.ts';
import { registerApiKeyRoutes } from './access/api-keys/api-key.routes.ts';
import type { ApiKeyService } from './access/api-keys/api-key.service.ts';
import { describedBrowserApi } from './access/guard/described-browser-api.ts';
import { guardServiceRoutes } from './access/guard/guard.ts';
import type { Access } from './access/guard/open-access.ts';
import { recordRefusals } from './access/guard/record-refusals.ts';
import { describeResource } from './access/guard/resource-metadata.ts';
import { createTenantRate } from './access/guard/tenant-rate.ts';
import { registerSession } from './access/sessions/session.routes.ts';
import { registerRealmUserRoutes } from './access/users/realm-user.routes.ts';
import type { RealmUsers } from './access/users/realm-users.ts';
import { browserPathOf } from './api/browser-routes.ts';
import { landingOf } from './api/landing.ts';
import { logInOf } from './api/openapi/log-in.ts';
import { registerOpenApi } from './api/openapi/openapi.ts';
import { SWAGGER_PATH } from './api/openapi/swagger-page.ts';
import { SERVICE_PREFIX } from './api/service-routes.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { registerAuditRoutes } from './audit/reading/audit.routes.ts';
import { createReadAudit } from './audit/reading/read-audit.ts';
import type { Caller } from './caller.ts';
import type { KmsConfig } from './config.ts';
import { registerKeyRoutes } from './keys/keys.routes.ts';
import type { Keys } from './keys/keys.ts';
import { registerPages } from './pages/pages.routes.ts';
import type { TenantAdministration } from './tenants/administration/administration.ts';
import { registerTenantRoutes } from './tenants/administration/tenant.routes.ts';
import type { TenantDirectory } from './tenants/directory.ts';

/** The options of the listener that its configuration gives. */
const listenerOf = (
  { tls, rate_limit: limit, proxy_networks: proxyNetworks, trace_networks: traceNetworks }: KmsConfig['server'],
  workers: Workers,
) => ({
  tls,
  rateLimit: { max: limit.max, timeWindowMs: limit.window_seconds * 1000, common: createCommonCounts(workers, 'requests') },
  proxyNetworks,
  traceNetworks,
});

/**
 * The app for everybody with a credential: keys, users, tenants, audit, pages, health, OpenAPI. It is not listening; the guard comes before
 * the routes, which it watches as they are added.
 *
 * @param options.closing aborted when the app begins to close
 * @param options.demo examples of the OpenAPI document; null without demo data
 * @param options.hasDemo whether the landing page speaks of a demo
 * @param options.nameTag what stands in the log for a name that was tried
 * @param options.now epoch milliseconds
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createPublicApp = async (options: {
  readonly config: KmsConfig;
  readonly telemetry: Telemetry;
  readonly server: Pick<Parameters<typeof createServer>[0], 'jobs' | 'drain'>;
  readonly health: Pick<Parameters<typeof registerHealth>[1], 'dependencies' | 'jobs' | 'notReady' | 'stopping'> & {
    readonly workers: Workers;
  };
  readonly closing: AbortController;
  readonly access: Access;
  readonly keys: Keys;
  readonly apiKeys: ApiKeyService;
  readonly users: RealmUsers;
  readonly administeredTenants: TenantAdministration;
  readonly tenants: Pick<TenantDirectory, 'noteDamage'>;
  readonly audit: AuditLog;
  readonly demo: Parameters<typeof registerOpenApi>[1]['demo'];
  readonly hasDemo: boolean;
  readonly nameTag: NameTag;
  readonly now: () => number;
  readonly elapsed: () => number;
}): Promise<App> => {
  const { config, telemetry, health, closing, access, keys, tenants, audit, nameTag, now, elapsed } = options;
  const { workers } = health;
  const { swagger } = config.server;
  const detail = detailOf(config.errors);
  await using opened = new AsyncDisposableStack();
  const app = await createServer({
    name: 'kms',
    clientCertificate: 'request',
    telemetry,
    ...options.server,
    detail,
    ...listenerOf(config.server, workers),
    ...(access.browser !== null && { secondPath: browserPathOf }),
  });
  opened.defer(() => app.close());
  app.addHook('preClose', async () => closing.abort());
  await registerOpenApi(app, {
    swaggerUi: swagger,
    logIn: logInOf(config.identity.issuers),
    browser: access.browser && describedBrowserApi(access.browser),
    demo: options.demo,
  });
  const { max, window_seconds: seconds } = config.quotas.requests;
  const countRequests = createTenantRate({
    max,
    windowMs: seconds * 1000,
    elapsed,
    common: createCommonCounts(workers, 'tenant-requests'),
  });
  describeResource(app, { originOf: access.originOf, issuers: config.identity.issuers.map(({ issuer }) => issuer) });
  guardServiceRoutes(app, {
    ...access,
    browser: access.browser?.door ?? null,
    admit: keys.admit,
    countRequests,
    traceId: () => telemetry.traceId(),
    now,
    nameTag,
  });
  recordRefusals(app, audit);
  app.addHook('onError', async (request, _reply, error) => {
    const caller: Caller | undefined = request.caller;
    if (caller !== undefined) tenants.noteDamage(caller.tenant, error);
  });

  registerLanding(app, landingOf({ pages: access.browser !== null, swaggerUi: swagger, demo: options.hasDemo }));
  registerHealth(app, { ...health, telemetry, detail });
  registerKeyRoutes(app, keys);
  registerApiKeyRoutes(app, options.apiKeys);
  registerRealmUserRoutes(app, options.users, { base: `${SERVICE_PREFIX}/realm-users`, callerOf: async ({ caller }) => caller });
  registerTenantRoutes(app, options.administeredTenants);
  registerAuditRoutes(app, createReadAudit({ operate: keys.operate, entries: audit.entries }));
  if (access.browser !== null) {
    const { browser, authenticate } = access;
    registerSession(app, browser);
    await registerPages(app, { browser, authenticate, countRequests, keys, telemetry, nameTag, swagger: swagger ? SWAGGER_PATH : null });
  }
  opened.move();
  return app;
};
