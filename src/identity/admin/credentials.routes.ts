import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { PasswordChanges } from '#identity/accounts/passwords/password-changes.ts';
import type { Emit } from '#identity/events.ts';
import type { FactorReset } from '#identity/factors/factor-reset.ts';
import { passwordSchema } from '#identity/fields.ts';

const account = strictObject({ id: Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' }) });
const done = { 204: Type.Null({ description: 'Done.' }) };

/** A way back for people who have forgotten their password or lost their second factors, by operators. */
export const registerCredentialRoutes = (
  admin: App,
  options: { readonly passwordChanges: Pick<PasswordChanges, 'set'>; readonly factorReset: FactorReset; readonly emit: Emit },
): void => {
  const { passwordChanges, factorReset, emit } = options;
  admin.put(
    '/admin/v1/accounts/:id/password',
    {
      schema: {
        summary: 'Set the password of an account and end its sessions and tokens',
        tags: ['accounts'],
        params: account,
        body: strictObject({ password: passwordSchema }),
        response: done,
      },
    },
    async (request, reply) => {
      await passwordChanges.set(request.params.id, request.body.password);
      return reply.code(204).send(null);
    },
  );
  admin.delete(
    '/admin/v1/accounts/:id/second-factors',
    {
      schema: {
        summary: 'Remove all second factors of an account, with its recovery codes, and end its sessions and tokens',
        tags: ['accounts'],
        params: account,
        response: done,
      },
    },
    async (request, reply) => {
      const accountId = request.params.id;
      await factorReset.reset(accountId);
      emit({ type: 'factors-reset', accountId });
      return reply.code(204).send(null);
    },
  );
};
