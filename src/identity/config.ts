import { type Static, Type } from 'typebox';
import { filePath, loadConfig, strictObject } from '#infra/config/load-config.ts';
import { databaseConfigSchema } from '#infra/database/config.ts';
import { demoConfigSchema } from '#infra/demo-data/config.ts';
import { listenerConfigSchema, proxyNetworksConfigSchema, rateLimitConfigSchema } from '#infra/http/config.ts';
import { adminListenerConfigSchema } from '#infra/http/operators.ts';
import { telemetryConfigSchema } from '#infra/telemetry/config.ts';

const resourceServerSchema = strictObject({
  resource: Type.String({ pattern: '^(https://|urn:)\\S+$', maxLength: 512, description: 'RFC 8707 resource indicator: the audience' }),
  name: Type.String({ minLength: 1, maxLength: 128, description: 'for people, on the consent page' }),
  scopes: Type.Array(Type.String({ pattern: '^[a-z][a-z0-9:._-]*$' }), { minItems: 1, uniqueItems: true }),
  token_format: Type.Union([Type.Literal('jwt'), Type.Literal('opaque')], { default: 'jwt' }),
  token_ttl_seconds: Type.Integer({ minimum: 1, maximum: 86_400, default: 600 }),
});

const serviceClientSchema = strictObject({
  client_id: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }),
  secret_file: filePath({ description: 'file of mode 0600 with the secret' }),
  may_introspect: Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true, description: 'audiences of the tokens it may ask about' }),
});

/** What `identity.yml` and its overlays may say. */
const identityConfigSchema = strictObject({
  issuer: Type.String({ pattern: '^https://[^/?#\\s]+$', description: 'https origin without path: `iss` of every token' }),
  server: strictObject({
    ...listenerConfigSchema.properties,
    rate_limit: rateLimitConfigSchema,
    proxy_networks: proxyNetworksConfigSchema,
  }),
  admin: adminListenerConfigSchema,
  database: databaseConfigSchema,
  telemetry: Type.Optional(telemetryConfigSchema),
  secrets: strictObject({
    cookie_keys_file: filePath({ description: 'one key a line, newest first, each of at least 32 characters' }),
    signing_key_encryption_file: Type.Optional(
      filePath({
        description: '32 bytes, base64url; by default `identity-signing-key-encryption` beside the cookie keys, made at the first start',
      }),
    ),
  }),
  resource_servers: Type.Array(resourceServerSchema, { minItems: 1 }),
  service_clients: Type.Array(serviceClientSchema, { default: [] }),
  demo: demoConfigSchema('accounts and clients'),
});

export type IdentityConfig = Static<typeof identityConfigSchema>;

/** @throws AppError `config-unreadable` or `config-invalid` that names every wrong field */
export const loadIdentityConfig = (files: readonly string[]): Promise<IdentityConfig> =>
  loadConfig({ schema: identityConfigSchema, files, what: 'Identity configuration' });
