import { type Static, Type } from 'typebox';
import { loadConfig } from '#infra/config/load-config.ts';
import { strictObject } from '#infra/config/schema.ts';
import { databaseConfigSchema } from '#infra/database/config.ts';
import { demoConfigSchema } from '#infra/demo-data/config.ts';
import {
  drainSecondsConfigSchema,
  errorsConfigSchema,
  listenerConfigSchema,
  proxyNetworksConfigSchema,
  rateLimitConfigSchema,
  traceNetworksConfigSchema,
} from '#infra/http/config.ts';
import { adminListenerConfigSchema } from '#infra/http/operators.ts';
import { signalDebuggerConfigSchema } from '#infra/process/signal-debugger.ts';
import { logFileConfigSchema, telemetryConfigSchema } from '#infra/telemetry/config.ts';
import { workersConfigSchema, workersIssues } from '#infra/workers/config.ts';
import { passwordsConfigSchema } from './accounts/passwords/config.ts';
import { feedConfigSchema } from './feed/config.ts';
import { corsOriginsSchema } from './clients/cors-origins.ts';
import { browserClientSchema } from './clients/browser-clients.ts';
import { configuredClientIssues } from './clients/configured-client-issues.ts';
import { serviceClientIssues, serviceClientSchema } from './clients/service-clients.ts';
import { refreshTokensConfigSchema } from './provider/features/grants/refresh-config.ts';
import { signingConfigSchema } from './keys/signing-algorithms.ts';
import { dpopConfigSchema } from './provider/features/tokens/dpop-nonces.ts';
import { isKnownScope } from './provider/records/client-metadata.ts';
import { resourceServerSchema, toResourceServer } from './resource-servers/resource-server.ts';
import { outgoingConfigSchema, outgoingIssues } from './outgoing/config.ts';
import { registrationConfigSchema } from './registration/config.ts';
import { secretsSchema } from './secrets.ts';

/** The members that `identity.yml` and its overlays may have; each slice owns the schema of its own part. */
export const identityConfigSchema = strictObject({
  issuer: Type.String({ pattern: '^https://[^/?#\\s]+$', description: 'https origin without path: `iss` of every token' }),
  server: strictObject({
    ...listenerConfigSchema.properties,
    rate_limit: strictObject(
      {
        ...rateLimitConfigSchema.properties,
        service_client_max: Type.Integer({
          minimum: 1,
          maximum: 100_000_000,
          default: 1_000_000,
          description: 'requests of one service client in the window, from all its replicas together; they do not count for its address',
        }),
      },
      { default: {} },
    ),
    client_certificates: Type.Enum(['ignore', 'request'], {
      default: 'ignore',
      description:
        '`request`: the public listener asks for a client certificate, and takes clients without one: for tokens that are bound to certificates. A browser asks its person where it has one of that authority',
    }),
    cors_origins: corsOriginsSchema('origins of pages whose scripts may read the answers to every client; those of one client stand at it'),
    proxy_networks: proxyNetworksConfigSchema,
    trace_networks: traceNetworksConfigSchema,
    drain_seconds: drainSecondsConfigSchema,
    workers: workersConfigSchema,
    signal_debugger: signalDebuggerConfigSchema,
  }),
  admin: adminListenerConfigSchema,
  feed: Type.Optional(feedConfigSchema),
  database: databaseConfigSchema,
  dpop: dpopConfigSchema,
  signing: signingConfigSchema,
  telemetry: Type.Optional(telemetryConfigSchema),
  log: Type.Optional(logFileConfigSchema),
  secrets: secretsSchema,
  passwords: passwordsConfigSchema,
  errors: errorsConfigSchema,
  resource_servers: Type.Array(resourceServerSchema, { minItems: 1, description: 'APIs for which Identity makes access tokens' }),
  outgoing: outgoingConfigSchema,
  registration: registrationConfigSchema,
  refresh_tokens: refreshTokensConfigSchema,
  service_clients: Type.Array(serviceClientSchema, { default: [], description: 'services that may ask about tokens' }),
  browser_clients: Type.Array(browserClientSchema, {
    default: [],
    maxItems: 32,
    description: 'applications of the stack that run in a browser, and log people in',
  }),
  demo: demoConfigSchema('accounts and clients'),
});

export type IdentityConfig = Static<typeof identityConfigSchema>;

/** @throws AppError `config-unreadable` or `config-invalid` that names every wrong field */
export const loadIdentityConfig = (files: readonly string[]): Promise<IdentityConfig> =>
  loadConfig({
    schema: identityConfigSchema,
    files,
    what: 'Identity configuration',
    contradictions: ({ server, outgoing, ...config }) => [
      ...serviceClientIssues(config.service_clients, { certificates: server.client_certificates === 'request' }),
      ...configuredClientIssues(config, (scope) => isKnownScope(config.resource_servers.map(toResourceServer), scope)),
      ...outgoingIssues(outgoing),
      ...workersIssues({ server, database: config.database }),
    ],
  });
