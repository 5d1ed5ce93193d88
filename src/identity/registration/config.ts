import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** The section `registration` of the configuration. */
export const registrationConfigSchema = strictObject(
  {
    enabled: Type.Boolean({
      default: false,
      description: 'whether programs that hold an initial access token of an operator may register clients (RFC 7591)',
    }),
  },
  { default: {} },
);
