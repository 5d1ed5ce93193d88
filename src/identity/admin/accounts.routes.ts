import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { NewAccounts } from '#identity/accounts/new-accounts.ts';
import { passwordSchema, rolesSchema, tenantIdSchema, textSchema } from '#identity/fields.ts';
import { knowsScope, type ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { refuseUnknownScopes } from '#identity/resource-servers/known-scopes.ts';

const newAccountSchema = strictObject({
  username: textSchema(128),
  password: passwordSchema,
  name: textSchema(128),
  email: Type.String({ pattern: '^[^@\\s]+@[^@\\s]+$', maxLength: 254, description: 'an e-mail address' }),
  tenant_id: tenantIdSchema,
  roles: rolesSchema,
  permissions: Type.Array(Type.String(), { uniqueItems: true, default: [], description: 'scopes beyond those of the roles' }),
});

const accountSchema = strictObject({
  id: Type.String(),
  username: Type.String(),
  tenant_id: Type.String(),
  roles: Type.Array(Type.String()),
});

/** Accounts, for operators. */
export const registerAccountRoutes = (admin: App, accounts: NewAccounts, resourceServers: readonly ResourceServer[]): void => {
  admin.post(
    '/admin/v1/accounts',
    { schema: { summary: 'Make an account', tags: ['accounts'], body: newAccountSchema, response: { 201: accountSchema } } },
    async (request, reply) => {
      const { tenant_id: tenantId, ...account } = request.body;
      refuseUnknownScopes(account.permissions, (scope) => resourceServers.some((server) => knowsScope(server, scope)), '/permissions');
      const id = await accounts.create({ ...account, tenantId });
      return reply.code(201).send({ id, username: account.username, tenant_id: tenantId, roles: account.roles });
    },
  );
};
