import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { PasswordChanges } from '#identity/accounts/passwords/password-changes.ts';
import { passwordSchema } from '#identity/fields.ts';

/** New passwords, for operators: of somebody who has forgotten the old one. */
export const registerPasswordRoutes = (admin: App, changes: Pick<PasswordChanges, 'set'>): void => {
  admin.put(
    '/admin/v1/accounts/:id/password',
    {
      schema: {
        summary: 'Set the password of an account and end its sessions and tokens',
        tags: ['accounts'],
        params: strictObject({ id: Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' }) }),
        body: strictObject({ password: passwordSchema }),
        response: { 204: Type.Null({ description: 'Done.' }) },
      },
    },
    async (request, reply) => {
      await changes.set(request.params.id, request.body.password);
      return reply.code(204).send(null);
    },
  );
};
