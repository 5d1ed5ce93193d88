import type { Insertable, Selectable } from 'kysely';
import { storedTexts, storedWord } from '#infra/database/stored-values.ts';
import type { ClientRow } from '#identity/database/clients.table.ts';
import { APPLICATION_TYPES, CLIENT_AUTH_METHODS, CLIENT_GRANT_TYPES, type ClientRecord, TOKEN_BINDINGS, TOKEN_FORMATS } from './client.ts';
import { columnsOfSecurity, securityOfRow } from './security/client-security.columns.ts';

/** The columns that hold what a client is; its secrets, its state and its place in the demo stand in others. */
export const clientColumns = (client: ClientRecord) =>
  ({
    client_id: client.clientId,
    name: client.name,
    application_type: client.applicationType,
    token_endpoint_auth_method: client.authMethod,
    redirect_uris: JSON.stringify(client.redirectUris),
    post_logout_redirect_uris: JSON.stringify(client.postLogoutRedirectUris),
    cors_origins: client.corsOrigins.length === 0 ? null : JSON.stringify(client.corsOrigins),
    grant_types: JSON.stringify(client.grantTypes),
    scopes: JSON.stringify(client.scopes),
    tenant_id: client.tenantId,
    roles: JSON.stringify(client.roles),
    access_token_ttl: client.accessTokenTtlSeconds,
    token_binding: client.tokenBinding === 'none' ? null : client.tokenBinding,
    token_format: client.tokenFormat,
    first_party: client.firstParty ? 1 : null,
    require_pkce: client.requiresPkce ? null : 0,
    ...columnsOfSecurity(client),
    backchannel_logout_uri: client.backchannelLogout?.uri ?? null,
    backchannel_logout_session_required: client.backchannelLogout?.sessionRequired === true ? 1 : null,
  }) satisfies Partial<Insertable<ClientRow>>;

/** The client of a row. @throws InternalError for a column that holds something else */
export const toClient = (row: Selectable<ClientRow>): ClientRecord => {
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
    firstParty: row.first_party === 1,
    requiresPkce: row.require_pkce !== 0,
    ...(row.backchannel_logout_uri === null
      ? {}
      : { backchannelLogout: { uri: row.backchannel_logout_uri, sessionRequired: row.backchannel_logout_session_required === 1 } }),
    mayIntrospect: [],
    ...securityOfRow(row),
  };
};
