import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { ClientAdministration } from '#identity/clients/administration/client-administration.ts';
import { clientIdSchema } from '#identity/clients/client-fields.ts';
import type { EndAccess } from './end-access.service.ts';

const account = strictObject({ id: Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' }) });
const client = strictObject({ client_id: clientIdSchema });
const done = { 204: Type.Null({ description: 'Done.' }) };

/** The end of accounts and clients, for operators: their tokens end with them, and resource servers hear of it. */
export const registerEndAccessRoutes = (
  admin: App,
  { ends, clients }: { readonly ends: EndAccess; readonly clients: Pick<ClientAdministration, 'requireOfOperator'> },
): void => {
  admin.put(
    '/admin/v1/accounts/:id/disabled',
    {
      schema: {
        summary: 'Disable an account and end its sessions and tokens, or enable it again',
        tags: ['accounts'],
        params: account,
        body: strictObject({ disabled: Type.Boolean() }),
        response: done,
      },
    },
    async (request, reply) => {
      await ends.setDisabled(request.params.id, request.body.disabled);
      return reply.code(204).send(null);
    },
  );
  admin.delete(
    '/admin/v1/accounts/:id',
    { schema: { summary: 'Remove an account with its sessions and tokens', tags: ['accounts'], params: account, response: done } },
    async (request, reply) => {
      await ends.removeAccount(request.params.id);
      return reply.code(204).send(null);
    },
  );
  admin.put(
    '/admin/v1/clients/:client_id/disabled',
    {
      schema: {
        summary: 'Disable an OAuth client and end its grants and tokens, or enable it again',
        tags: ['clients'],
        params: client,
        body: strictObject({ disabled: Type.Boolean() }),
        response: done,
      },
    },
    async (request, reply) => {
      await clients.requireOfOperator(request.params.client_id);
      await ends.setClientDisabled(request.params.client_id, request.body.disabled);
      return reply.code(204).send(null);
    },
  );
  admin.delete(
    '/admin/v1/clients/:client_id',
    {
      schema: {
        summary: 'Remove an OAuth client with its grants and tokens',
        tags: ['clients'],
        params: client,
        response: done,
      },
    },
    async (request, reply) => {
      await clients.requireOfOperator(request.params.client_id);
      await ends.removeClient(request.params.client_id);
      return reply.code(204).send(null);
    },
  );
};
