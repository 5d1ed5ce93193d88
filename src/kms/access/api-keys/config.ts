import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** The member `api_keys` of kms.yml. */
export const apiKeysConfigSchema = strictObject(
  {
    default_days: Type.Integer({
      minimum: 1,
      maximum: 3_660,
      default: 90,
      description: 'days after which an API key expires that was made without `expires_at`; `max_days` where that is less',
    }),
    max_days: Type.Integer({
      minimum: 1,
      maximum: 3_660,
      default: 366,
      description: 'days from now of the latest `expires_at` of an API key',
    }),
    max: Type.Integer({ minimum: 1, maximum: 100_000, default: 1_000, description: 'API keys of one tenant, those that are revoked too' }),
  },
  { default: {} },
);

export type ApiKeysConfig = Static<typeof apiKeysConfigSchema>;
