import type { Selectable } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { ClientAuthMethod, ClientGrantType, ClientRecord } from '#identity/provider/lookups.ts';
import type { ClientRow } from './client.table.ts';

interface StoredClient {
  readonly client: ClientRecord;
  readonly secretHash: string | undefined;
}

/** Clients in use: what is retired or disabled is not found. Every method is one query. */
export interface ClientStore {
  byClientId(clientId: string): Promise<StoredClient | undefined>;
}

const list = <T extends string>(json: string): readonly T[] => JSON.parse(json) as T[];

const toClient = (row: Selectable<ClientRow>): ClientRecord => ({
  clientId: row.client_id,
  name: row.name,
  applicationType: row.application_type,
  authMethod: row.token_endpoint_auth_method as ClientAuthMethod,
  grantTypes: list<ClientGrantType>(row.grant_types),
  redirectUris: list(row.redirect_uris),
  postLogoutRedirectUris: list(row.post_logout_redirect_uris),
  scopes: list(row.scopes),
  tenantId: row.tenant_id,
  roles: list(row.roles),
  accessTokenTtlSeconds: row.access_token_ttl,
  mayIntrospect: [],
});

/** `client-id = *VSCHAR`; RFC 6749 appendix A.1. */
const CLIENT_ID = /^[\x20-\x7E]{1,256}$/;

export const createClientStore = ({ db }: Pick<Database<IdentityTables>, 'db'>): ClientStore => {
  return {
    byClientId: async (clientId) => {
      if (!CLIENT_ID.test(clientId)) return undefined;
      const row = await db
        .selectFrom('clients')
        .selectAll()
        .where('client_id', '=', clientId)
        .where('retired_at', 'is', null)
        .where('disabled', '=', 0)
        .executeTakeFirst();
      return row && { client: toClient(row), secretHash: row.secret_hash ?? undefined };
    },
  };
};
