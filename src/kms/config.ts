import { type Static, Type } from 'typebox';
import { configInvalid, filePath, loadConfig, strictObject } from '#infra/config/load-config.ts';
import { repeated } from '#infra/config/repeated.ts';
import { databaseConfigSchema } from '#infra/database/config.ts';
import { demoConfigSchema } from '#infra/demo-data/config.ts';
import { listenerConfigSchema, proxyNetworksConfigSchema, rateLimitConfigSchema } from '#infra/http/config.ts';
import { adminListenerConfigSchema } from '#infra/http/operators.ts';
import { telemetryConfigSchema } from '#infra/telemetry/config.ts';
import { tlsFilesSchema } from '#infra/tls/config.ts';
import { ERROR_DETAILS } from '#kms/access/challenges.ts';
import { issuerConfigSchema } from '#kms/access/tokens/issuer-config.ts';

const serverSchema = strictObject({
  ...listenerConfigSchema.properties,
  swagger: Type.Boolean({ default: false, description: 'Swagger UI at /ui/swagger/' }),
  rate_limit: rateLimitConfigSchema,
  proxy_networks: proxyNetworksConfigSchema,
});

/** What `kms.yml` and its overlays may say. */
export const kmsConfigSchema = strictObject({
  server: serverSchema,
  admin: adminListenerConfigSchema,
  database: databaseConfigSchema,
  telemetry: Type.Optional(telemetryConfigSchema),
  unseal: strictObject({
    share_files: Type.Array(filePath({ description: 'file of mode 0600 with one unseal share' }), { uniqueItems: true }),
    threshold: Type.Optional(Type.Integer({ minimum: 2, maximum: 255, description: 'fewer shares than this leave the service sealed' })),
  }),
  realms_file: filePath({ description: 'realms.yml: who may use the KMS besides the holders of tokens' }),
  identity: strictObject({
    issuers: Type.Array(issuerConfigSchema, { default: [], maxItems: 32 }),
    tls: tlsFilesSchema,
    required: Type.Boolean({
      default: true,
      description:
        '`/readyz` is 503 while an issuer does not answer; false where a balancer asks it, which would then take out every replica',
    }),
  }),
  errors: strictObject(
    {
      detail: Type.Enum(ERROR_DETAILS, { default: 'full', description: '`minimal`: 401 and 403 do not say what was wrong' }),
    },
    { default: {} },
  ),
  demo: demoConfigSchema('tenants, accounts and elastic keys'),
});

export type KmsConfig = Static<typeof kmsConfigSchema>;

/** @throws AppError `config-unreadable`, or `config-invalid` that names every wrong field */
export const loadKmsConfig = async (files: readonly string[]): Promise<KmsConfig> => {
  const what = 'KMS configuration';
  const config = await loadConfig({ schema: kmsConfigSchema, files, what });
  // Of two entries for one issuer only one could hold.
  const issuers = config.identity.issuers.map(({ issuer }) => issuer);
  const fields = repeated(issuers, (index) => `/identity/issuers/${index}/issuer`);
  if (fields.length > 0) throw configInvalid(what, fields);
  return config;
};
