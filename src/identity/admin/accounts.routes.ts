import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { UUID_V4 } from '#infra/magic/uuid.ts';
import type { NewAccounts } from '#identity/accounts/new-accounts.ts';
import { knowsScope, type ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { refuseUnknownScopes } from './known-scopes.ts';

export const tenantIdSchema = Type.String({ pattern: UUID_V4, description: 'the UUIDv4 of a tenant of the KMS' });
export const rolesSchema = Type.Array(Type.Enum(Object.keys(ROLE_SCOPES)), { uniqueItems: true, default: [] });
/** No control character: nobody could type it, and PostgreSQL takes no NUL. */
export const textSchema = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\x00-\\x1F\\x7F-\\x9F]+$', description: 'text without control characters' });
export const passwordSchema = Type.String({ minLength: 12, maxLength: 1024, description: 'at least 12 characters' });

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
