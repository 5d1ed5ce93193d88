import { type Static, Type } from 'typebox';
import { document } from './document.ts';

/** `passthru tenant create --output json` */
export const tenantCreateSchema = document('tenant-create', 'passthru tenant create', {
  tenant: Type.Object({ id: Type.String({ format: 'uuid' }), name: Type.String() }, { additionalProperties: false }),
  administrator: Type.Object(
    {
      username: Type.String(),
      password: Type.String({ description: 'made now, and told here alone' }),
      roles: Type.Array(Type.String()),
    },
    { additionalProperties: false },
  ),
});

export type TenantCreateDocument = Static<typeof tenantCreateSchema>;
