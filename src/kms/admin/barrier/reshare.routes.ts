import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { noStore } from '#kms/api/no-store.ts';
import type { ReshareService, ReshareState } from './reshare.service.ts';
import { shareSchema } from './seal.routes.ts';

const count = (description: string) => Type.Integer({ minimum: 2, maximum: 255, description });
const orNull = (type: ReturnType<typeof Type.Integer>) => Type.Union([type, Type.Null()]);

const newSetSchema = strictObject({ threshold: count('so many of the new shares will unseal'), shares: count('so many are made') });

const stateSchema = strictObject({
  state: Type.Enum(['none', 'asking', 'confirming', 'done']),
  given: Type.Integer({ description: 'present shares while asking, new ones while confirming' }),
  needed: orNull(Type.Integer()),
  threshold: orNull(Type.Integer({ description: 'of the new set' })),
  shares: orNull(Type.Integer({ description: 'of the new set' })),
});

const givenSchema = strictObject({
  ...stateSchema.properties,
  new_shares: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: 'once, where this share completed the quorum of the present ones; nothing tells them again',
  }),
});

const bodyOf = ({ state, given, needed, set }: ReshareState) => ({
  state,
  given,
  needed,
  threshold: set?.threshold ?? null,
  shares: set?.shares ?? null,
});

const schema = (summary: string) => ({ summary, tags: ['barrier'], response: { 200: stateSchema } });

const PATH = '/admin/v1/barrier/resharing';

/** A new set of unseal shares, for operators and a quorum of the holders of the present ones. */
export const registerReshareRoutes = (admin: App, reshare: ReshareService): void => {
  const state = () => bodyOf(reshare.state());

  admin.get(PATH, { schema: schema('Whether new unseal shares are being made') }, async () => state());
  admin.post(PATH, { schema: { ...schema('Begin to make new unseal shares'), body: newSetSchema } }, async ({ body }) => {
    reshare.start(body);
    return state();
  });
  admin.post(
    `${PATH}/shares`,
    {
      onRequest: noStore,
      schema: {
        ...schema('Give a present share, or, once all needed ones were given, a new one'),
        body: shareSchema,
        response: { 200: givenSchema },
      },
    },
    async ({ body }) => {
      const { state: after, newShares } = await reshare.give(body.share);
      return { ...bodyOf(after), new_shares: newShares === null ? null : [...newShares] };
    },
  );
  admin.delete(PATH, { schema: schema('Cancel it: the present shares stay') }, async () => {
    reshare.cancel();
    return state();
  });
};
