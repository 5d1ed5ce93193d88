import { Type } from 'typebox';
import type { App } from '#infra/http/server.ts';
import type { ClientAdministration } from '#identity/clients/administration/client-administration.ts';
import { clientPath, rotationBody, rotationSchema } from './client.schemas.ts';

const tags = ['clients'];

/** New secrets of clients, for operators: the one before may be good for a while, so that a service goes over without a gap. */
export const registerClientSecretRoutes = (
  admin: App,
  administration: Pick<ClientAdministration, 'rotateSecret' | 'endPreviousSecret'>,
): void => {
  admin.post(
    '/admin/v1/clients/:client_id/secret-rotation',
    {
      schema: {
        summary: 'Make a new secret of an OAuth client, which this answer alone shows',
        tags,
        params: clientPath,
        body: rotationBody,
        response: { 200: rotationSchema },
      },
    },
    async (request, reply) => {
      const { overlap_seconds: overlap, replace_newest: replaceNewest } = request.body;
      const { client_id: clientId } = request.params;
      const { client, secret } = await administration.rotateSecret(clientId, { overlapMs: overlap * 1_000, replaceNewest });
      const end = client.secret?.previousEndsAt ?? null;
      reply.header('cache-control', 'no-store');
      return { client_id: clientId, client_secret: secret, previous_ends_at: end === null ? null : new Date(end).toISOString() };
    },
  );
  admin.delete(
    '/admin/v1/clients/:client_id/previous-secret',
    {
      schema: {
        summary: 'End the secret before at once',
        tags,
        params: clientPath,
        response: { 204: Type.Null({ description: 'Done.' }) },
      },
    },
    async (request, reply) => {
      await administration.endPreviousSecret(request.params.client_id);
      return reply.code(204).send(null);
    },
  );
};
