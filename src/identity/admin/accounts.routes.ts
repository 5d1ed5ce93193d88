import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { limitOf, nextCursor, pageQuery } from '#infra/http/request/paging.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { AdministeredAccount, AdministeredAccounts } from '#identity/accounts/administered-accounts.ts';
import type { NewAccounts } from '#identity/accounts/new-accounts.ts';
import { passwordSchema, rolesSchema, tenantIdSchema, textSchema } from '#identity/fields.ts';
import { knowsScope, type ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { refuseUnknownScopes } from '#identity/resource-servers/known-scopes.ts';

const accountPath = strictObject({ id: Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' }) });

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
  name: Type.String(),
  email: Type.String(),
  tenant_id: Type.String(),
  roles: Type.Array(Type.String()),
  permissions: Type.Array(Type.String()),
  disabled: Type.Boolean(),
  second_factors: Type.Array(Type.Union([Type.Literal('totp'), Type.Literal('passkey')]), {
    description: 'kinds that a log-in takes after the password; none where the password is enough',
  }),
  demo: Type.Boolean({ description: 'one of the demo is not changed by operators' }),
  created_at: Type.String({ format: 'date-time' }),
});

const accountView = ({ account, disabled, secondFactors, demo, createdAt }: AdministeredAccount): Static<typeof accountSchema> => ({
  id: account.id,
  username: account.username,
  name: account.name,
  email: account.email,
  tenant_id: account.tenantId,
  roles: [...account.roles],
  permissions: [...account.permissions],
  disabled,
  second_factors: [...secondFactors],
  demo,
  created_at: new Date(createdAt).toISOString(),
});

/** Accounts, for operators. */
export const registerAccountRoutes = (
  admin: App,
  options: {
    readonly accounts: NewAccounts;
    readonly administeredAccounts: AdministeredAccounts;
    readonly resourceServers: readonly ResourceServer[];
  },
): void => {
  const { accounts, administeredAccounts, resourceServers } = options;
  admin.post(
    '/admin/v1/accounts',
    { schema: { summary: 'Make an account', tags: ['accounts'], body: newAccountSchema, response: { 201: accountSchema } } },
    async (request, reply) => {
      const { tenant_id: tenantId, ...account } = request.body;
      refuseUnknownScopes(account.permissions, (scope) => resourceServers.some((server) => knowsScope(server, scope)), '/permissions');
      const id = await accounts.create({ ...account, tenantId });
      return reply
        .code(201)
        .header('location', `/admin/v1/accounts/${id}`)
        .send(accountView(await administeredAccounts.read(id)));
    },
  );
  admin.get(
    '/admin/v1/accounts',
    {
      schema: {
        summary: 'Accounts, a page of them',
        tags: ['accounts'],
        querystring: strictObject({ ...pageQuery, username: Type.Optional(textSchema(128)) }),
        response: { 200: strictObject({ items: Type.Array(accountSchema), next_cursor: nextCursor }) },
      },
    },
    async ({ query: { limit, ...query } }) => {
      const page = await administeredAccounts.list({ ...limitOf(limit), ...query });
      return { items: page.items.map(accountView), next_cursor: page.nextCursor };
    },
  );
  admin.get(
    '/admin/v1/accounts/:id',
    { schema: { summary: 'An account', tags: ['accounts'], params: accountPath, response: { 200: accountSchema } } },
    async ({ params }) => accountView(await administeredAccounts.read(params.id)),
  );
};
