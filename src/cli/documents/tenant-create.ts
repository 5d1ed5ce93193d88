import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

/** `passthru tenant create --output json`; version 1 told a password, which the caller chooses now */
export const tenantCreateSchema = document(
  'tenant-create',
  'passthru tenant create',
  {
    tenant: strictObject({ id: Type.String({ format: 'uuid' }), name: Type.String() }),
    administrator: strictObject({ username: Type.String(), roles: Type.Array(Type.String()) }),
    made: Type.Boolean({ description: 'false where it was there already, with this administrator and password' }),
  },
  { version: 2 },
);

export type TenantCreateDocument = Static<typeof tenantCreateSchema>;
