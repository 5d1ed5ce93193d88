import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { KeyOfService } from '#kms/barrier/rotation.ts';
import type { RetiringProgress } from '#kms/keys/rewrapping/retire-keys.job.ts';
import { LEVELS, type RotationService } from './rotation.service.ts';

const keySchema = strictObject({
  id: Type.String({ format: 'uuid' }),
  version: Type.Integer({ minimum: 1 }),
  created_at: Type.String({ format: 'date-time' }),
});

const stateSchema = strictObject({
  root: keySchema,
  intermediate: keySchema,
  older_intermediates: Type.Integer({ description: 'they go once nothing names them any more, an hour after a rotation at the earliest' }),
  tenants: Type.Integer({ description: 'each has a content key' }),
  older_content_keys: Type.Integer({ description: 'as older_intermediates' }),
  rewrapped: strictObject(
    { content_keys: Type.Integer(), secrets: Type.Integer() },
    { description: 'by this process since its start; replicas share the work' },
  ),
});

const rotationSchema = strictObject({
  level: Type.Enum([...LEVELS]),
  tenant_id: Type.Optional(Type.String({ format: 'uuid', description: 'with content: of this tenant alone' })),
});

const keyOf = ({ id, version, createdAt }: KeyOfService) => ({ id, version, created_at: new Date(createdAt).toISOString() });

/** The key hierarchy, for operators. @param options.progress of the job that wraps anew what older keys wrap */
export const registerRotationRoutes = (
  admin: App,
  options: { readonly rotation: RotationService; readonly progress: () => RetiringProgress },
): void => {
  const { rotation, progress } = options;
  const state = async () => {
    const { root, intermediate, olderIntermediates, tenants, olderContentKeys } = await rotation.state();
    const { contentKeysRewrapped, secretsRewrapped } = progress();
    return {
      root: keyOf(root),
      intermediate: keyOf(intermediate),
      older_intermediates: olderIntermediates,
      tenants,
      older_content_keys: olderContentKeys,
      rewrapped: { content_keys: contentKeysRewrapped, secrets: secretsRewrapped },
    };
  };

  admin.get(
    '/admin/v1/barrier',
    {
      schema: {
        summary: 'The keys above the tenants, and how far older ones are retired',
        tags: ['barrier'],
        response: { 200: stateSchema },
      },
    },
    state,
  );
  admin.post(
    '/admin/v1/barrier/rotation',
    {
      schema: {
        summary: 'Make a new root, intermediate or content key while requests go on',
        tags: ['barrier'],
        body: rotationSchema,
        response: { 200: strictObject({ made: Type.Integer({ description: 'new keys' }), ...stateSchema.properties }) },
      },
    },
    async ({ body }) => {
      const made = await rotation.rotate(body.level, body.tenant_id);
      return { made, ...(await state()) };
    },
  );
};
