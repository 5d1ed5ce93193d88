import type { Selectable } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import { storedTexts, storedWord } from '#infra/database/stored-values.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { isOrigin } from './cors-origins.ts';
import type { ClientRow } from '#identity/database/clients.table.ts';
import { APPLICATION_TYPES, CLIENT_AUTH_METHODS, CLIENT_GRANT_TYPES, type ClientRecord, TOKEN_BINDINGS, TOKEN_FORMATS } from './client.ts';

interface StoredClient {
  readonly client: ClientRecord;
  readonly secretHash: string | undefined;
}

/** Clients in use: what is retired or disabled is not found, and of the demo only where it runs. Every method is one query. */
export interface ClientStore {
  byClientId(clientId: string): Promise<StoredClient | undefined>;
  /** Whether scripts of this origin may read answers to a client. */
  hasOrigin(origin: string): Promise<boolean>;
}

const toClient = (row: Selectable<ClientRow>): ClientRecord => {
  const of = (column: string) => `the ${column} of client ${row.client_id}`;
  return {
    clientId: row.client_id,
    name: row.name,
    applicationType: storedWord(row.application_type, APPLICATION_TYPES, of('application_type')),
    authMethod: storedWord(row.token_endpoint_auth_method, CLIENT_AUTH_METHODS, of('token_endpoint_auth_method')),
    grantTypes: storedTexts(row.grant_types, of('grant_types')).map((type) => storedWord(type, CLIENT_GRANT_TYPES, of('grant_types'))),
    redirectUris: storedTexts(row.redirect_uris, of('redirect_uris')),
    postLogoutRedirectUris: storedTexts(row.post_logout_redirect_uris, of('post_logout_redirect_uris')),
    corsOrigins: row.cors_origins === null ? [] : storedTexts(row.cors_origins, of('cors_origins')),
    scopes: storedTexts(row.scopes, of('scopes')),
    tenantId: row.tenant_id,
    roles: storedTexts(row.roles, of('roles')),
    accessTokenTtlSeconds: row.access_token_ttl,
    tokenBinding: row.token_binding === null ? 'none' : storedWord(row.token_binding, TOKEN_BINDINGS, of('token_binding')),
    tokenFormat: row.token_format === null ? null : storedWord(row.token_format, TOKEN_FORMATS, of('token_format')),
    mayIntrospect: [],
  };
};

/** `client-id = *VSCHAR`; RFC 6749 appendix A.1. */
const CLIENT_ID = /^[\x20-\x7E]{1,256}$/;

/** @param options.demo whether the demo's are found */
export const createClientStore = ({ db }: Pick<Database<IdentityTables>, 'db'>, { demo }: { readonly demo: boolean }): ClientStore => {
  const inUse = () => {
    const query = db.selectFrom('clients').where('retired_at', 'is', null).where('disabled', '=', 0);
    return demo ? query : query.where('demo', '=', 0);
  };
  return {
    byClientId: async (clientId) => {
      if (!CLIENT_ID.test(clientId)) return undefined;
      const row = await inUse().selectAll().where('client_id', '=', clientId).executeTakeFirst();
      return row && { client: toClient(row), secretHash: row.secret_hash ?? undefined };
    },
    hasOrigin: async (origin) => {
      // As it stands in the list of a client; an origin has neither of the characters that LIKE reads otherwise, nor a quote.
      if (!isOrigin(origin) || /[%_\\"]/.test(origin)) return false;
      const query = inUse()
        .select('client_id')
        .where('cors_origins', 'like', `%${JSON.stringify(origin)}%`)
        .limit(1);
      return (await query.executeTakeFirst()) !== undefined;
    },
  };
};
