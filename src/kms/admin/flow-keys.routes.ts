import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { FLOW_KEY_NAME } from '#infra/demo-data/flow-keys.ts';
import type { App } from '#infra/http/server.ts';
import type { KmsDemo } from '#kms/demo/kms-demo.ts';

const querySchema = strictObject({
  name: Type.Optional(Type.String({ pattern: FLOW_KEY_NAME, description: 'flow- and a UUIDv7; all of them where absent' })),
});

/** The keys that the flows of the demo leave in tenants of the demo, on the admin listener. */
export const registerFlowKeyRoutes = (admin: App, demo: KmsDemo): void => {
  admin.delete(
    '/admin/v1/demo/flow-keys',
    {
      schema: {
        summary: 'Delete elastic keys that flows of the demo made in tenants of the demo',
        tags: ['demo'],
        querystring: querySchema,
        response: { 200: strictObject({ removed: Type.Integer({ minimum: 0 }) }) },
      },
    },
    async (request) => ({ removed: await demo.removeFlowKeys(request.query.name) }),
  );
};
