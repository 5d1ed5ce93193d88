import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';

/** What an acknowledged record of the audit survives. */
export const auditConfigSchema = strictObject(
  {
    durability: Type.Union([Type.Literal('process'), Type.Literal('disk')], {
      default: 'disk',
      description:
        'disk: an act is answered once its record would survive a power cut; process: once it would survive the end of the KMS, which is faster',
    }),
  },
  { default: {} },
);

export type AuditConfig = Static<typeof auditConfigSchema>;
