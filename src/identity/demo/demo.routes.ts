import { Type } from 'typebox';
import { strictObject } from '#infra/config/load-config.ts';
import type { App } from '#infra/http/server.ts';
import type { EmitIdentityEvent } from '../events.ts';
import type { Demo, DemoState } from './demo.service.ts';
import { demoTenantsSchema } from './tenants.ts';

const UUID_V7 = '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';

const tenantsSchema = Type.Record(Type.String(), Type.String());
const stateSchema = strictObject({
  seeded: Type.Boolean(),
  tenants: tenantsSchema,
  reset_pending: Type.Union([Type.String(), Type.Null()]),
});
const resetSchema = strictObject({ reset_id: Type.String(), tenants: tenantsSchema, previous_tenants: tenantsSchema });
const paramsSchema = strictObject({ reset_id: Type.String({ pattern: UUID_V7 }) });

const toBody = ({ seeded, tenants, resetPending }: DemoState) => ({ seeded, tenants: { ...tenants }, reset_pending: resetPending });

/** Demo data on the admin listener: what there is, reset, and the two ways to settle a reset. */
export const registerDemoRoutes = (admin: App, { demo, emit }: { readonly demo: Demo; readonly emit: EmitIdentityEvent }): void => {
  const settled = (resetId: string, outcome: 'committed' | 'rolled-back', state: DemoState) => {
    emit({ type: 'demo-reset-settled', resetId, outcome });
    return toBody(state);
  };

  admin.get('/admin/v1/demo', { schema: { summary: 'The demo data', tags: ['demo'], response: { 200: stateSchema } } }, async () =>
    toBody(await demo.state()),
  );
  admin.post(
    '/admin/v1/demo/reset',
    {
      schema: {
        summary: 'Replace the demo data by the seed, with new tenant ids, until it is committed or rolled back',
        tags: ['demo'],
        body: strictObject({ tenants: Type.Optional(demoTenantsSchema) }),
        response: { 200: resetSchema },
      },
    },
    async (request) => {
      const { resetId, tenants, previousTenants } = await demo.reset(request.body.tenants);
      emit({ type: 'demo-reset', resetId });
      return { reset_id: resetId, tenants: { ...tenants }, previous_tenants: { ...previousTenants } };
    },
  );
  admin.post(
    '/admin/v1/demo/reset/:reset_id/rollback',
    {
      schema: { summary: 'Bring back the data of before the reset', tags: ['demo'], params: paramsSchema, response: { 200: stateSchema } },
    },
    async ({ params: { reset_id } }) => settled(reset_id, 'rolled-back', await demo.rollback(reset_id)),
  );
  admin.post(
    '/admin/v1/demo/reset/:reset_id/commit',
    { schema: { summary: 'Delete the data of before the reset', tags: ['demo'], params: paramsSchema, response: { 200: stateSchema } } },
    async ({ params: { reset_id } }) => settled(reset_id, 'committed', await demo.commit(reset_id)),
  );
};
