import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { usernameSchema } from '#kms/access/realms/username.ts';
import { tenantName } from '#kms/tenants/administration/tenant.schemas.ts';
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
export const registerTenantRoutes = (app: App, tenants: TenantsService): void => {
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
};
