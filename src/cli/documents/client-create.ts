import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

/** `passthru client create --output json` */
export const clientCreateSchema = document('client-create', 'passthru client create', {
  client: strictObject({
    client_id: Type.String(),
    name: Type.String(),
    token_endpoint_auth_method: Type.String(),
    tenant_id: nullable(Type.String()),
  }),
  client_secret: Type.Optional(
    nullable(Type.String({ description: 'made by Identity and shown this once; null where the client has none, or it is in a file' })),
  ),
  secret_file: Type.Optional(nullable(Type.String())),
  warnings: Type.Optional(Type.Array(Type.String())),
});

export type ClientCreateDocument = Static<typeof clientCreateSchema>;
