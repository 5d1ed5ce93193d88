import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import {
  APPLICATION_TYPES,
  CLIENT_AUTH_METHODS,
  CLIENT_GRANT_TYPES,
  type ClientRecord,
  TOKEN_BINDINGS,
  TOKEN_FORMATS,
} from '#identity/clients/client.ts';
import { corsOriginsSchema } from '#identity/clients/cors-origins.ts';
import { clientIssues } from '#identity/clients/client-rules.ts';
import type { NewClients } from '#identity/clients/new-clients.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { isKnownScope } from '#identity/provider/records/client-metadata.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { passwordSchema, rolesSchema, tenantIdSchema, textSchema } from './accounts.routes.ts';
import { refuseUnknownScopes } from './known-scopes.ts';

const uriSchema = Type.String({
  pattern: '^[a-z][a-z0-9+.-]*:\\S+$',
  maxLength: 512,
  description: 'a URI with its scheme, without blanks',
});
const uris = Type.Array(uriSchema, { uniqueItems: true, default: [] });

const newClientSchema = strictObject({
  client_id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$', description: 'letters, digits, dots, hyphens and underscores' }),
  secret: Type.Optional(passwordSchema),
  name: textSchema(128),
  application_type: Type.Enum(APPLICATION_TYPES, { default: 'web' }),
  token_endpoint_auth_method: Type.Enum(CLIENT_AUTH_METHODS),
  grant_types: Type.Array(Type.Enum(CLIENT_GRANT_TYPES), { minItems: 1, uniqueItems: true }),
  redirect_uris: uris,
  post_logout_redirect_uris: uris,
  cors_origins: corsOriginsSchema('origins of pages whose scripts may read the answers to this client'),
  scopes: Type.Array(Type.String(), { uniqueItems: true, default: [] }),
  tenant_id: Type.Optional(tenantIdSchema),
  roles: rolesSchema,
  access_token_ttl_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
  token_binding: Type.Enum(TOKEN_BINDINGS, { default: 'none' }),
  token_format: Type.Optional(Type.Enum(TOKEN_FORMATS)),
});

const clientSchema = strictObject({ client_id: Type.String(), name: Type.String() });

const FIELDS = { secret: '/secret', tenant: '/tenant_id', redirectUris: '/redirect_uris', grantTypes: '/grant_types' };

/**
 * Clients, for operators.
 *
 * @param options.provider refuses what it could not use
 */
export const registerClientRoutes = (
  admin: App,
  options: {
    readonly clients: NewClients;
    readonly provider: Pick<OpenIdProvider, 'checkClient'>;
    readonly resourceServers: readonly ResourceServer[];
  },
): void => {
  const { clients, provider, resourceServers } = options;
  admin.post(
    '/admin/v1/clients',
    { schema: { summary: 'Make an OAuth client', tags: ['clients'], body: newClientSchema, response: { 201: clientSchema } } },
    async (request, reply) => {
      const { secret, ...body } = request.body;
      const record: ClientRecord = {
        clientId: body.client_id,
        name: body.name,
        applicationType: body.application_type,
        authMethod: body.token_endpoint_auth_method,
        grantTypes: body.grant_types,
        redirectUris: body.redirect_uris,
        postLogoutRedirectUris: body.post_logout_redirect_uris,
        corsOrigins: body.cors_origins,
        scopes: body.scopes,
        tenantId: body.tenant_id ?? null,
        roles: body.roles,
        accessTokenTtlSeconds: body.access_token_ttl_seconds ?? null,
        tokenBinding: body.token_binding,
        tokenFormat: body.token_format ?? null,
        mayIntrospect: [],
      };
      const fields = clientIssues({ ...record, hasTenant: record.tenantId !== null, hasSecret: secret !== undefined }, FIELDS);
      if (fields.length > 0)
        throw new AppError('client-contradictory', 400, 'The properties of the client contradict each other.', { fields });
      refuseUnknownScopes(record.scopes, (scope) => isKnownScope(resourceServers, scope), '/scopes');
      await provider.checkClient(record);
      await clients.create(record, secret);
      return reply.code(201).send({ client_id: record.clientId, name: record.name });
    },
  );
};
