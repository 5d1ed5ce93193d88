import { coversScope } from '#infra/magic/key-scopes.ts';
import type { AdapterPayload, Client } from 'oidc-provider';
import type { ClientRecord } from '#identity/clients/client.ts';
import { entriesOfNames, fieldOfName } from '#identity/clients/security/certificate-names.ts';
import { knowsScope, type ResourceServer } from '#identity/resource-servers/resource-server.ts';

/**
 * Clients and accounts as oidc-provider has them, each with our own record inside: here is the way in and the way back.
 * This is the name of the property that carries the record of a client.
 */
export const RECORD_PROPERTY = 'passthru_record';
/** How every client may get an answer. @see OAuth 2.0 Multiple Response Type Encoding Practices section 2.1, OAuth 2.0 Form Post Response Mode */
export const RESPONSE_MODES = ['query', 'form_post'];
/** Scopes of OpenID Connect itself, which belong to no resource server. */
export const OPENID_SCOPES: readonly string[] = ['openid', 'offline_access', 'profile', 'email'];

/** Whether a scope is one of OpenID Connect or of a resource server. */
export const isKnownScope = (servers: readonly ResourceServer[], scope: string): boolean =>
  OPENID_SCOPES.includes(scope) || servers.some((server) => knowsScope(server, scope));

const proofOf = ({ authMethod, certificateCommonName, certificateNames = {}, jwks, jwksUri }: ClientRecord, unusedSecret: string) => {
  if (authMethod === 'none') return {};
  if (authMethod === 'private_key_jwt') return jwks === undefined ? { jwks_uri: jwksUri } : { jwks };
  if (authMethod !== 'tls_client_auth') return { client_secret: unusedSecret };
  if (certificateCommonName !== undefined) return { tls_client_auth_subject_dn: `CN=${certificateCommonName}` };
  return Object.fromEntries(entriesOfNames(certificateNames).map(([name, value]) => [fieldOfName(name), value]));
};

/**
 * The client as oidc-provider wants it.
 *
 * @param unusedSecret of `newUnusedSecret`
 * @see RFC 7591 section 2
 */
export const toClientMetadata = (record: ClientRecord, unusedSecret: string): AdapterPayload => {
  const openidScopes = record.scopes.filter((scope) => OPENID_SCOPES.includes(scope));
  return {
    client_id: record.clientId,
    client_name: record.name,
    application_type: record.applicationType,
    token_endpoint_auth_method: record.authMethod,
    ...proofOf(record, unusedSecret),
    grant_types: [...record.grantTypes],
    response_types: record.grantTypes.includes('authorization_code') ? ['code'] : [],
    response_modes: [...RESPONSE_MODES],
    redirect_uris: [...record.redirectUris],
    post_logout_redirect_uris: [...record.postLogoutRedirectUris],
    ...(openidScopes.length === 0 ? {} : { scope: openidScopes.join(' ') }),
    ...(record.backchannelLogout === undefined
      ? {}
      : { backchannel_logout_uri: record.backchannelLogout.uri, backchannel_logout_session_required: true }),
    tls_client_certificate_bound_access_tokens: record.tokenBinding === 'certificate',
    ...(record.idTokenAlgorithm === undefined ? {} : { id_token_signed_response_alg: record.idTokenAlgorithm }),
    ...(record.introspectionAlgorithm === undefined ? {} : { introspection_signed_response_alg: record.introspectionAlgorithm }),
    require_pushed_authorization_requests: record.requirePushedRequests === true,
    dpop_bound_access_tokens: record.tokenBinding === 'dpop',
    [RECORD_PROPERTY]: record,
  };
};

/** Our record of a client of oidc-provider. */
export const recordOf = (client: Client): ClientRecord => client[RECORD_PROPERTY] as ClientRecord;

/** Whether the client may ask for a scope: a coarse scope lets it ask for less, for single fine ones, or for single keys. */
export const mayAskFor = ({ scopes }: ClientRecord, scope: string): boolean => coversScope(scopes, scope);
