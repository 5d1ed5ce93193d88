import { type Static, Type } from 'typebox';
import { textSchema } from '#identity/fields.ts';
import { type ClientGrantType, CLIENT_GRANT_TYPES, type ClientRecord } from '../client.ts';
import { clientFields, clientOfFields, fieldsOfClient } from '../client-fields.ts';
import { clientSecurityFields } from '../security/client-security.fields.ts';

/** A client that registered itself acts for people alone: nobody gave it a tenant. */
const GRANT_TYPES = CLIENT_GRANT_TYPES.filter(
  (type): type is Exclude<ClientGrantType, 'client_credentials'> => type !== 'client_credentials',
);

const { application_type, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris } = clientFields;
const { backchannel_logout_uri, backchannel_logout_session_required } = clientFields;

/**
 * The metadata of a client as it registers itself, by the names of the registry. "The authorization server MUST ignore any client metadata
 * sent by the client that it does not understand": the answer shows what counts.
 *
 * @see RFC 7591 section 2, OpenID Connect Dynamic Client Registration 1.0 section 2
 */
export const clientMetadataSchema = Type.Object(
  {
    client_name: Type.Optional(textSchema(128)),
    scope: Type.Optional(Type.String({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+( [\\x21\\x23-\\x5B\\x5D-\\x7E]+)*$', maxLength: 8_192 })),
    application_type,
    token_endpoint_auth_method: Type.Enum(token_endpoint_auth_method.enum, { default: 'client_secret_basic' }),
    grant_types: Type.Array(Type.Enum(GRANT_TYPES), { minItems: 1, uniqueItems: true, default: ['authorization_code'] }),
    response_types: Type.Optional(Type.Array(Type.Literal('code'), { maxItems: 1 })),
    redirect_uris,
    post_logout_redirect_uris,
    backchannel_logout_uri,
    backchannel_logout_session_required,
    dpop_bound_access_tokens: Type.Optional(Type.Boolean()),
    tls_client_certificate_bound_access_tokens: Type.Optional(Type.Boolean()),
    subject_type: Type.Optional(Type.Literal('public')),
    ...clientSecurityFields,
  },
  { additionalProperties: true },
);

export type ClientMetadata = Static<typeof clientMetadataSchema>;

/** Scripts of a public client of the web run at the origins to which it is led back. */
const corsOriginsOf = ({ token_endpoint_auth_method: method, application_type: type, redirect_uris: uris }: ClientMetadata): string[] =>
  method !== 'none' || type !== 'web'
    ? []
    : [...new Set(uris.flatMap((uri) => (URL.canParse(uri) ? [new URL(uri).origin] : [])))].filter((origin) => origin !== 'null');

/** @param scopes what it gets where it asks for none by name */
export const clientOfMetadata = (clientId: string, metadata: ClientMetadata, scopes: readonly string[]): ClientRecord => {
  const { client_name: name = clientId, scope, ...fields } = metadata;
  const bound = metadata.dpop_bound_access_tokens === true ? 'dpop' : 'none';
  return clientOfFields({ clientId, tenantId: null }, {
    ...fields,
    name,
    scopes: scope === undefined ? [...scopes] : [...new Set(scope.split(' '))],
    cors_origins: corsOriginsOf(metadata),
    roles: [],
    token_binding: metadata.tls_client_certificate_bound_access_tokens === true ? 'certificate' : bound,
    access_token_ttl_seconds: undefined,
    token_format: undefined,
    first_party: false,
    require_pkce: true,
  } as Parameters<typeof clientOfFields>[1]);
};

/** As an answer says it, by the same names. */
export const metadataOfClient = (client: ClientRecord): Readonly<Record<string, unknown>> => {
  const { name, scopes, token_binding: binding, ...fields } = fieldsOfClient(client);
  const own = Object.entries(fields).filter(
    ([field, value]) => Object.hasOwn(clientMetadataSchema.properties, field) && value !== undefined,
  );
  return {
    client_id: client.clientId,
    client_name: name,
    ...Object.fromEntries(own),
    response_types: client.grantTypes.includes('authorization_code') ? ['code'] : [],
    scope: (scopes ?? []).join(' '),
    dpop_bound_access_tokens: binding === 'dpop',
    tls_client_certificate_bound_access_tokens: binding === 'certificate',
    subject_type: 'public',
  };
};
