import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { Demo, DemoState } from './demo.ts';
import { demoTenantsSchema } from './demo-tenants.ts';

const tenantsSchema = Type.Record(Type.String(), Type.String());
const stateSchema = strictObject({
  seeded: Type.Boolean(),
  tenants: tenantsSchema,
  reset_pending: Type.Union([Type.String(), Type.Null()], { description: 'the reset that waits for commit or rollback' }),
});
const resetSchema = strictObject({ reset_id: Type.String(), tenants: tenantsSchema, previous_tenants: tenantsSchema });
const paramsSchema = strictObject({ reset_id: Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' }) });
const tags = ['demo'];

/** Answer to `GET /admin/v1/demo`, and to a commit or rollback. */
export type DemoStateBody = Readonly<Static<typeof stateSchema>>;
/** Answer to `POST /admin/v1/demo/reset`. */
export type DemoResetBody = Readonly<Static<typeof resetSchema>>;

const toBody = ({ seeded, tenants, resetPending }: DemoState): DemoStateBody => ({
  seeded,
  tenants: { ...tenants },
  reset_pending: resetPending,
});

/** Demo data on an admin listener: what there is, seed what is missing, reset, and the two ways to settle a reset. */
export const registerDemoRoutes = (admin: App, demo: Demo): void => {
  admin.get('/admin/v1/demo', { schema: { summary: 'The demo data', tags, response: { 200: stateSchema } } }, async () =>
    toBody(await demo.state()),
  );
  admin.post(
    '/admin/v1/demo/seed',
    { schema: { summary: 'Add what is missing of the seed, and leave the rest', tags, response: { 200: stateSchema } } },
    async () => {
      await demo.seed();
      return toBody(await demo.state());
    },
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
