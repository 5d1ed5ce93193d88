import { type Static, Type } from 'typebox';
import { document, nullable } from './document.ts';

/** A client as the admin listener of Identity shows it: these members, and all its fields by the names of RFC 7591. */
const client = Type.Object({
  client_id: Type.String(),
  name: Type.String(),
  source: Type.String({ description: 'operator, demo or configuration: who says what it is' }),
  disabled: Type.Boolean(),
  tenant_id: nullable(Type.String()),
  token_endpoint_auth_method: Type.String(),
});

/** `passthru client list --output json` */
export const clientListSchema = document('client-list', 'passthru client list', { clients: Type.Array(client) });

/** `passthru client show --output json` */
export const clientShowSchema = document('client-show', 'passthru client show', {
  client,
  etag: Type.String({ description: 'for --if-match of client change' }),
});

/** `passthru client change --output json`, and so of disable, enable and remove */
export const clientChangeSchema = document('client-change', 'passthru client change, disable, enable, remove', { client });

/** `passthru client rotate-secret --output json` */
export const clientSecretSchema = document('client-secret', 'passthru client rotate-secret', {
  client_id: Type.String(),
  client_secret: nullable(Type.String({ description: 'shown this once; null where it is in a file, or none was made' })),
  secret_file: nullable(Type.String()),
  previous_ends_at: nullable(Type.String({ format: 'date-time', description: 'until when the secret before is good, too' })),
});

export type ClientListDocument = Static<typeof clientListSchema>;
export type ClientShowDocument = Static<typeof clientShowSchema>;
export type ClientSecretDocument = Static<typeof clientSecretSchema>;
