import { type Static, Type } from 'typebox';
import { loadConfig } from '#infra/config/load-config.ts';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import { databaseConfigSchema } from '#infra/database/config.ts';
import { demoConfigSchema } from '#infra/demo-data/config.ts';
import {
  drainSecondsConfigSchema,
  listenerConfigSchema,
  proxyNetworksConfigSchema,
  rateLimitConfigSchema,
  traceNetworksConfigSchema,
} from '#infra/http/config.ts';
import { adminListenerConfigSchema } from '#infra/http/operators.ts';
import { signalDebuggerConfigSchema } from '#infra/process/signal-debugger.ts';
import { logFileConfigSchema, telemetryConfigSchema } from '#infra/telemetry/config.ts';
import { workersConfigSchema, workersIssues } from '#infra/workers/config.ts';
import { checkIssuers } from './access/federation/check-issuers.ts';
import { accessConfigSchema } from './access/guard/config.ts';
import { namedScopesIssues } from './access/named-scopes.ts';
import { browserConfigSchema } from './access/sessions/config.ts';
import { auditConfigSchema } from './audit/config.ts';
import { unsealConfigSchema } from './barrier/config.ts';
import { quotasConfigSchema } from './keys/elastic-keys/quotas.ts';
import { tenantsConfigSchema } from './tenants/administration/config.ts';

const serverSchema = strictObject({
  ...listenerConfigSchema.properties,
  swagger: Type.Boolean({ default: false, description: 'Swagger UI at /ui/swagger/' }),
  browser: Type.Optional(browserConfigSchema),
  rate_limit: rateLimitConfigSchema,
  proxy_networks: proxyNetworksConfigSchema,
  trace_networks: traceNetworksConfigSchema,
  drain_seconds: drainSecondsConfigSchema,
  workers: workersConfigSchema,
  signal_debugger: signalDebuggerConfigSchema,
});

/** The form of `kms.yml` and its overlays: each slice declares its members, and here they come together. */
export const kmsConfigSchema = strictObject({
  server: serverSchema,
  admin: adminListenerConfigSchema,
  database: databaseConfigSchema,
  telemetry: Type.Optional(telemetryConfigSchema),
  log: Type.Optional(logFileConfigSchema),
  unseal: unsealConfigSchema,
  audit: auditConfigSchema,
  quotas: quotasConfigSchema,
  tenants: tenantsConfigSchema,
  ...accessConfigSchema.properties,
  demo: demoConfigSchema('tenants, accounts and elastic keys'),
});

export type KmsConfig = Static<typeof kmsConfigSchema>;

/** Fields of issuers at which browsers shall log in, where there is no browser API. */
const logInsWithoutBrowser = ({ server, identity }: KmsConfig): readonly FieldIssue[] =>
  identity.issuers.flatMap(({ browser_log_in: logIn }, index) =>
    server.browser !== undefined || logIn === undefined
      ? []
      : [
          {
            field: `/identity/issuers/${index}/browser_log_in`,
            message: 'needs server.browser, which is missing',
            fix: 'Add server.browser with the origin of this server.',
          },
        ],
  );

/** @throws AppError `config-unreadable`, or `config-invalid` that names every wrong field */
export const loadKmsConfig = (files: readonly string[]): Promise<KmsConfig> =>
  loadConfig({
    schema: kmsConfigSchema,
    files,
    what: 'KMS configuration',
    contradictions: (config) => [
      ...checkIssuers(config.identity.issuers),
      ...namedScopesIssues(config.scopes, '/scopes'),
      ...logInsWithoutBrowser(config),
      ...workersIssues(config),
    ],
  });
