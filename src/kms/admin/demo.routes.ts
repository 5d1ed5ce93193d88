import { Type } from 'typebox';
import { strictObject } from '#infra/config/load-config.ts';
import type { App } from '#infra/http/server.ts';
import type { Demo, DemoState } from '#kms/demo/demo.ts';
import { demoTenantsSchema } from '#kms/demo/demo-tenants.ts';

const UUID_V7 = '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';

const tenantsSchema = Type.Record(Type.String(), Type.String());
const stateSchema = strictObject({
  seeded: Type.Boolean(),
  tenants: tenantsSchema,
  reset_pending: Type.Union([Type.String(), Type.Null()]),
});
const resetSchema = strictObject({ reset_id: Type.String(), tenants: tenantsSchema, previous_tenants: tenantsSchema });
const paramsSchema = strictObject({ reset_id: Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' }) });
const tags = ['demo'];

const toBody = ({ seeded, tenants, resetPending }: DemoState) => ({ seeded, tenants: { ...tenants }, reset_pending: resetPending });

/** Demo data on the admin listener: what there is, reset, and the two ways to settle a reset. */
export const registerDemoRoutes = (admin: App, demo: Demo): void => {
  admin.get('/admin/v1/demo', { schema: { summary: 'The demo data', tags, response: { 200: stateSchema } } }, async () =>
    toBody(await demo.state()),
  );
  admin.post(
    '/admin/v1/demo/reset',
    {
      schema: {
        summary: 'Put the seed in place of the demo data, with new tenant ids, until it is committed or rolled back',
        tags,
        body: strictObject({ tenants: Type.Optional(demoTenantsSchema) }),
        response: { 200: resetSchema },
      },
    },
    async (request) => {
      const { resetId, tenants, previousTenants } = await demo.reset(request.body.tenants);
      return { reset_id: resetId, tenants: { ...tenants }, previous_tenants: { ...previousTenants } };
    },
  );
  admin.post(
    '/admin/v1/demo/reset/:reset_id/rollback',
    { schema: { summary: 'Bring back the data of before the reset', tags, params: paramsSchema, response: { 200: stateSchema } } },
    async (request) => toBody(await demo.rollback(request.params.reset_id)),
  );
  admin.post(
    '/admin/v1/demo/reset/:reset_id/commit',
    { schema: { summary: 'Delete the data of before the reset', tags, params: paramsSchema, response: { 200: stateSchema } } },
    async (request) => toBody(await demo.commit(request.params.reset_id)),
  );
};
