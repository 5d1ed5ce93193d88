import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** Who may make, suspend and remove tenants, and how many there may be. */
export const tenantsConfigSchema = strictObject(
  {
    administrators: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      default: [],
      maxItems: 16,
      uniqueItems: true,
      description:
        'names of tenants whose callers administer all tenants where they hold a scope of `kms:admin`; without one, only operators of the admin listener do',
    }),
    max: Type.Integer({ minimum: 1, maximum: 100_000, default: 1_000, description: 'tenants, records of removed ones not counted' }),
  },
  { default: {} },
);
