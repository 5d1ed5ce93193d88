import { type Static, Type } from 'typebox';
import { filePath, strictObject } from '#infra/config/schema.ts';
import { errorsConfigSchema } from '#infra/http/config.ts';
import { tlsFilesSchema } from '#infra/tls/config.ts';
import { apiKeysConfigSchema } from '../api-keys/config.ts';
import { tokensConfigSchema } from '../bindings/config.ts';
import { namedScopesConfigSchema } from '../named-scopes.ts';
import { issuerConfigSchema } from '../tokens/issuer-config.ts';

/** The members of `kms.yml` that say whom the KMS believes. */
export const accessConfigSchema = strictObject({
  realms_file: filePath({ description: 'the realms: users and client certificates that the KMS knows by itself' }),
  identity: strictObject({
    issuers: Type.Array(issuerConfigSchema, { default: [], maxItems: 32, description: 'issuers whose access tokens open the KMS' }),
    tls: tlsFilesSchema,
    required: Type.Boolean({
      default: true,
      description:
        'true: `/readyz` is 503 while an issuer does not answer; false where a balancer asks `/readyz`, which would then take out every replica',
    }),
  }),
  tokens: tokensConfigSchema,
  scopes: namedScopesConfigSchema,
  api_keys: apiKeysConfigSchema,
  errors: errorsConfigSchema,
});

export type AccessConfig = Static<typeof accessConfigSchema>;
