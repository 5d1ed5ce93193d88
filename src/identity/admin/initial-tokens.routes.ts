import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { UUID_V7 } from '#infra/magic/uuid.ts';
import type { InitialToken, InitialTokens } from '#identity/clients/registration/initial-tokens.ts';
import { textSchema } from '#identity/fields.ts';
import { refuseUnknownScopes } from '#identity/resource-servers/known-scopes.ts';

const tags = ['registration'];
const PATH = '/admin/v1/initial-access-tokens';
const DAY_S = 86_400;

const bodySchema = strictObject({
  note: textSchema(128),
  scopes: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
    minItems: 1,
    uniqueItems: true,
    description: 'all that clients which it registers may ask for',
  }),
  clients: Type.Integer({ minimum: 1, maximum: 1_000, default: 1, description: 'how many clients it registers' }),
  expires_in_seconds: Type.Integer({ minimum: 60, maximum: 30 * DAY_S, default: DAY_S }),
});

const dateTime = Type.String({ format: 'date-time' });
const shape = {
  id: Type.String(),
  note: Type.String(),
  scopes: Type.Array(Type.String()),
  clients_left: Type.Integer(),
  created_at: dateTime,
  expires_at: dateTime,
};
const madeSchema = strictObject({ ...shape, initial_access_token: Type.String() });
const listSchema = strictObject({ items: Type.Array(strictObject(shape)) });

const viewOf = ({ id, note, scopes, usesLeft, createdAt, expiresAt }: InitialToken) => ({
  id,
  note,
  scopes: [...scopes],
  clients_left: usesLeft,
  created_at: new Date(createdAt).toISOString(),
  expires_at: new Date(expiresAt).toISOString(),
});

/** Initial access tokens, for operators: who holds one may register so many clients, which may ask for so much. @see RFC 7591 section 3 */
export const registerInitialTokenRoutes = (
  admin: App,
  { tokens, isKnownScope }: { readonly tokens: InitialTokens; readonly isKnownScope: (scope: string) => boolean },
): void => {
  admin.post(
    PATH,
    {
      schema: {
        summary: 'Make an initial access token, which this answer alone shows',
        tags,
        body: bodySchema,
        response: { 201: madeSchema },
      },
    },
    async (request, reply) => {
      const { note, scopes, clients: uses, expires_in_seconds: life } = request.body;
      refuseUnknownScopes(scopes, isKnownScope, '/scopes');
      const { token, ...made } = await tokens.create({ note, scopes, uses, lifeMs: life * 1_000 });
      return reply
        .code(201)
        .header('cache-control', 'no-store')
        .send({ ...viewOf(made), initial_access_token: token });
    },
  );
  admin.get(PATH, { schema: { summary: 'The initial access tokens that are good', tags, response: { 200: listSchema } } }, async () => ({
    items: (await tokens.list()).map(viewOf),
  }));
  admin.delete(
    `${PATH}/:id`,
    {
      schema: {
        summary: 'End an initial access token; clients that it registered stay',
        tags,
        params: strictObject({ id: Type.String({ pattern: UUID_V7, description: 'a UUIDv7 in lower case' }) }),
        response: { 204: Type.Null({ description: 'Done.' }) },
      },
    },
    async (request, reply) => {
      await tokens.remove(request.params.id);
      return reply.code(204).send(null);
    },
  );
};
