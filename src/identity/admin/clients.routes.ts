import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { clientFields, clientOfFields } from '#identity/clients/client-fields.ts';
import { clientIssues } from '#identity/clients/client-rules.ts';
import type { NewClients } from '#identity/clients/new-clients.ts';
import { passwordSchema, tenantIdSchema } from '#identity/fields.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { isKnownScope } from '#identity/provider/records/client-metadata.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { refuseUnknownScopes } from './known-scopes.ts';

const newClientSchema = strictObject({
  client_id: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$', description: 'letters, digits, dots, hyphens and underscores' }),
  secret: Type.Optional(passwordSchema),
  tenant_id: Type.Optional(tenantIdSchema),
  ...clientFields,
});

const clientSchema = strictObject({ client_id: Type.String(), name: Type.String() });

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
      const { secret, client_id: clientId, tenant_id: tenantId = null, ...body } = request.body;
      const record = clientOfFields({ clientId, tenantId }, body);
      const fields = clientIssues(record, {
        hasSecret: secret !== undefined,
        pointer: (field) => `/${field === 'tenant' ? 'tenant_id' : field}`,
      });
      if (fields.length > 0)
        throw new AppError('client-contradictory', 400, 'The properties of the client contradict each other.', { fields });
      refuseUnknownScopes(record.scopes, (scope) => isKnownScope(resourceServers, scope), '/scopes');
      await provider.checkClient(record);
      await clients.create(record, secret);
      return reply.code(201).send({ client_id: record.clientId, name: record.name });
    },
  );
};
