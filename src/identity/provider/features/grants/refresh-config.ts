import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** The section `refresh_tokens` of the configuration. */
export const refreshTokensConfigSchema = strictObject(
  {
    grace_seconds: Type.Integer({
      minimum: 0,
      maximum: 60,
      default: 10,
      description:
        'how long a refresh token that was used gives its successor once more, while nobody has used that: for an answer that was lost; 0 for never. Tokens that are bound to a DPoP key have none',
    }),
  },
  { default: {} },
);
