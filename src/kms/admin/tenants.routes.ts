import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { usernameSchema } from '#kms/access/realms/username.ts';
import { limitOf, pageQuery } from '#infra/http/request/paging.ts';
import { waitOf, waitQuery } from '#kms/api/wait-days.ts';
import { USUAL_WAIT_DAYS } from '#kms/tenants/administration/administration.ts';
import type { OperatorsOfTenants } from '#kms/tenants/administration/operators.ts';
import {
  tenantName,
  tenantPageSchema,
  tenantPath,
  tenantSchema as shownTenantSchema,
  tenantView,
} from '#kms/tenants/administration/tenant.schemas.ts';
import { ADMINISTRATOR_ROLE, type TenantsService } from './tenants.service.ts';

const newTenantSchema = strictObject({
  name: tenantName,
  administrator: strictObject({
    username: usernameSchema,
    password: Type.String({ minLength: 12, maxLength: 1024, description: 'at least 12 characters' }),
  }),
});

const tenantSchema = strictObject({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  administrator: strictObject({ username: Type.String(), roles: Type.Array(Type.String()) }),
});

/** Tenants, for operators. */
export const registerTenantRoutes = (app: App, tenants: TenantsService, operators: OperatorsOfTenants): void => {
  app.post(
    '/admin/v1/tenants',
    {
      schema: {
        summary: 'Make a tenant with its first administrator; 200 where it is there with this administrator and password',
        tags: ['tenants'],
        body: newTenantSchema,
        response: { 200: tenantSchema, 201: tenantSchema },
      },
    },
    async (request, reply) => {
      const { name, administrator } = request.body;
      const { id, isNew } = await tenants.create({ name, administrator });
      return reply
        .code(isNew ? 201 : 200)
        .send({ id, name, administrator: { username: administrator.username, roles: [ADMINISTRATOR_ROLE] } });
    },
  );

  app.get(
    '/admin/v1/tenants',
    {
      schema: {
        summary: 'One page of the tenants, and of the records of those that were removed',
        tags: ['tenants'],
        querystring: strictObject(pageQuery),
        response: { 200: tenantPageSchema },
      },
    },
    async ({ query: { limit, cursor } }) => {
      const page = await operators.list({ ...limitOf(limit), ...(cursor === undefined ? {} : { cursor }) });
      return { items: page.items.map(tenantView), next_cursor: page.nextCursor };
    },
  );

  const steps = {
    suspend: 'Refuse all credentials of a tenant, until it is activated',
    activate: 'Take the credentials of a suspended tenant again',
    restore: 'Cancel the removal of a tenant',
  } as const;
  for (const [step, summary] of Object.entries(steps) as [keyof typeof steps, string][])
    app.post(
      `/admin/v1/tenants/:id/${step}`,
      { schema: { summary, tags: ['tenants'], params: tenantPath, response: { 200: shownTenantSchema } } },
      async ({ params: { id } }) => tenantView(await operators[step](id)),
    );

  app.delete(
    '/admin/v1/tenants/:id',
    {
      schema: {
        summary: 'Remove a tenant after a wait',
        tags: ['tenants'],
        params: tenantPath,
        querystring: waitQuery('removal', USUAL_WAIT_DAYS),
        response: { 202: shownTenantSchema },
      },
    },
    async ({ params: { id }, query }, reply) => reply.code(202).send(tenantView(await operators.scheduleRemoval(id, waitOf(query)))),
  );
};
