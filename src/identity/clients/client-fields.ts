import { type Static, Type } from 'typebox';
import { httpsUrl, strictObject } from '#infra/config/schema.ts';
import { rolesSchema, textSchema } from '#identity/fields.ts';
import { APPLICATION_TYPES, CLIENT_AUTH_METHODS, CLIENT_GRANT_TYPES, type ClientRecord, TOKEN_BINDINGS, TOKEN_FORMATS } from './client.ts';
import { corsOriginsSchema } from './cors-origins.ts';
import { clientSecurityFields, fieldsOfSecurity, securityOfFields } from './security/client-security.fields.ts';

const uri = Type.String({
  pattern: '^[a-z][a-z0-9+.-]*:\\S+$',
  maxLength: 512,
  description: 'a URI with its scheme, without blanks',
});
const uris = (description: string) => Type.Array(uri, { uniqueItems: true, default: [], description });

export const clientIdSchema = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$',
  description: 'letters, digits, dots, hyphens and underscores',
});

/** What a seed and an operator say of a client alike. Its id, its tenant and its secret each says in its own way. @see RFC 7591 section 2 */
export const clientFields = {
  name: textSchema(128),
  application_type: Type.Enum(APPLICATION_TYPES, { default: 'web' }),
  token_endpoint_auth_method: Type.Enum(CLIENT_AUTH_METHODS),
  grant_types: Type.Array(Type.Enum(CLIENT_GRANT_TYPES), { minItems: 1, uniqueItems: true }),
  redirect_uris: uris('addresses to which a log-in leads back, exactly as they are'),
  post_logout_redirect_uris: uris('addresses to which a log-out leads back, exactly as they are'),
  backchannel_logout_uri: Type.Optional(httpsUrl('where it is told that a session has ended: an https URL, allowed by `outgoing`')),
  backchannel_logout_session_required: Type.Optional(
    Type.Boolean({ description: 'whether it needs to be told which session (`sid`); it is told in any case' }),
  ),
  cors_origins: corsOriginsSchema('origins of pages whose scripts may read the answers to this client'),
  scopes: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
    uniqueItems: true,
    default: [],
    description: 'all that it may ask for',
  }),
  roles: rolesSchema,
  access_token_ttl_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  token_binding: Type.Enum(TOKEN_BINDINGS, { default: 'none' }),
  token_format: Type.Optional(Type.Enum(TOKEN_FORMATS)),
  ...clientSecurityFields,
  first_party: Type.Boolean({ default: false, description: 'true: people are not asked for consent' }),
  require_pkce: Type.Boolean({
    default: true,
    description: 'false: a confidential client that sends a nonce with each request may leave out PKCE',
  }),
};

const clientFieldsSchema = strictObject(clientFields);
/** A service of the configuration may prove itself by a certificate, too. */
export type ClientFields = Omit<Static<typeof clientFieldsSchema>, 'token_endpoint_auth_method'> & {
  readonly token_endpoint_auth_method: ClientRecord['authMethod'];
};

/** All fields of a client; what it has nothing of is undefined. */
export type AllClientFields = { readonly [Name in keyof Required<ClientFields>]: ClientFields[Name] | undefined };

/** A client as its fields say it: `clientOfFields` makes the same of them. */
export const fieldsOfClient = (client: ClientRecord): AllClientFields => ({
  name: client.name,
  application_type: client.applicationType,
  token_endpoint_auth_method: client.authMethod,
  grant_types: [...client.grantTypes],
  redirect_uris: [...client.redirectUris],
  post_logout_redirect_uris: [...client.postLogoutRedirectUris],
  cors_origins: [...client.corsOrigins],
  scopes: [...client.scopes],
  roles: [...client.roles],
  access_token_ttl_seconds: client.accessTokenTtlSeconds ?? undefined,
  token_binding: client.tokenBinding,
  token_format: client.tokenFormat ?? undefined,
  backchannel_logout_uri: client.backchannelLogout?.uri,
  backchannel_logout_session_required: client.backchannelLogout?.sessionRequired,
  first_party: client.firstParty,
  require_pkce: client.requiresPkce,
  ...fieldsOfSecurity(client),
});

/**
 * A client that is what its fields say, and nothing else: of a client that is changed, its fields before are no part of it.
 *
 * @param of.tenantId UUIDv4; null for a client that has no tenant
 */
export const clientOfFields = (
  { clientId, tenantId }: { readonly clientId: string; readonly tenantId: string | null },
  fields: ClientFields,
): ClientRecord => ({
  clientId,
  tenantId,
  name: fields.name,
  applicationType: fields.application_type,
  authMethod: fields.token_endpoint_auth_method,
  grantTypes: fields.grant_types,
  redirectUris: fields.redirect_uris,
  postLogoutRedirectUris: fields.post_logout_redirect_uris,
  corsOrigins: fields.cors_origins,
  scopes: fields.scopes,
  roles: fields.roles,
  accessTokenTtlSeconds: fields.access_token_ttl_seconds ?? null,
  tokenBinding: fields.token_binding,
  tokenFormat: fields.token_format ?? null,
  ...(fields.backchannel_logout_uri === undefined
    ? {}
    : { backchannelLogout: { uri: fields.backchannel_logout_uri, sessionRequired: fields.backchannel_logout_session_required ?? false } }),
  firstParty: fields.first_party,
  requiresPkce: fields.require_pkce,
  mayIntrospect: [],
  ...securityOfFields(fields),
});
