import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { Workers } from '#infra/workers/workers.ts';
import { KEY_STATES, type SigningKeys } from '#identity/keys/signing-keys.ts';

const kidSchema = Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' });
const keysSchema = strictObject({
  keys: Type.Array(strictObject({ kid: Type.String(), algorithm: Type.String(), state: Type.Enum(KEY_STATES) })),
});
const rotationSchema = strictObject({ active: Type.String(), retired: Type.String(), published: Type.String() });
const withdrawalSchema = strictObject({ withdrawn: Type.String(), active: Type.String(), published: Type.String() });
const tags = ['signing-keys'];

/**
 * The keys that sign tokens, for operators: which there are, the planned rotation, and the withdrawal of one that leaked.
 *
 * @param options.reload makes this process see a change at once
 * @param options.workers see it before the answer, too; other replicas within seconds
 */
export const registerSigningKeyRoutes = (
  admin: App,
  options: { readonly keys: SigningKeys; readonly reload: () => Promise<void>; readonly workers: Pick<Workers, 'ask' | 'hear'> },
): void => {
  const { keys, reload, workers } = options;
  workers.hear('signing-keys', reload);
  const reloadAll = async (): Promise<void> => {
    await Promise.all([reload(), workers.ask('signing-keys', null, { orEnd: true })]);
  };

  admin.get('/admin/v1/signing-keys', { schema: { summary: 'The signing keys', tags, response: { 200: keysSchema } } }, async () => ({
    keys: (await keys.list()).map(({ kid, algorithm, state }) => ({ kid, algorithm, state })),
  }));
  admin.post(
    '/admin/v1/signing-keys/rotation',
    {
      schema: {
        summary: 'Of each algorithm, take the next key into use, and keep trusting the old one until its last token has ended',
        tags,
        response: { 200: rotationSchema },
      },
    },
    async () => {
      const { active, retired, published } = await keys.rotate();
      await reloadAll();
      return { active, retired, published };
    },
  );
  admin.post(
    '/admin/v1/signing-keys/:kid/withdrawal',
    {
      schema: {
        summary: 'Withdraw a leaked key: from now on, nothing that it signed is accepted',
        tags,
        params: strictObject({ kid: kidSchema }),
        response: { 200: withdrawalSchema },
      },
    },
    async (request) => {
      const { withdrawn, active, published } = await keys.withdraw(request.params.kid);
      await reloadAll();
      return { withdrawn, active, published };
    },
  );
};
