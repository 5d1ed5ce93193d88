import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { algorithmOf, VARIANTS } from '#kms/jose/algorithms.ts';
import type { ElasticKey } from '#kms/keys/elastic-keys/elastic-key.ts';
import { type PagesOptions, sendPage, signIn, signInForm, type SignedIn, targetsOf } from './page-context.ts';
import { HOME } from './return-to.ts';
import { type KeyLine, keysPage } from './views/keys-page.ts';

/** A page of the table. */
const LIMIT = 50;

/** Those that most people want; the API has them all. */
const OFFERED = ['A256GCM/A256KW', 'A256GCM/dir', 'A256KW', 'ES256', 'Ed25519', 'HS256'] as const;

const ALGORITHMS = OFFERED.flatMap((name) => {
  const [first] = VARIANTS.get(name) ?? [];
  return first === undefined ? [] : [{ name, summary: algorithmOf(first).summary }];
});

const bodySchema = strictObject({
  _csrf: Type.String({ maxLength: 128 }),
  name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$', maxLength: 128 }),
  algorithm: Type.Enum([...OFFERED]),
});

export const lineOf = ({ id, name, algorithm, state, latestVersion: version }: ElasticKey): KeyLine => ({
  id,
  name,
  algorithm,
  state,
  version,
});

/** `GET /ui/` and `POST /ui/keys`: the elastic keys of the tenant, and a new one. */
export const registerKeysPage = (app: App, options: PagesOptions): void => {
  const { browser, keys } = options;

  const show = async (
    reply: FastifyReply,
    signedIn: SignedIn,
    view: { readonly cursor?: string; readonly name?: string; readonly problem?: string } = {},
  ): Promise<FastifyReply> => {
    const { cursor, ...shown } = view;
    const { caller, who } = signedIn;
    const page = await keys.elasticKeys.list(caller, { sort: 'name', limit: LIMIT, ...(cursor === undefined ? {} : { cursor }) });
    const next = page.nextCursor === null ? null : `${HOME}?${new URLSearchParams({ cursor: page.nextCursor }).toString()}`;
    const algorithms = caller.scopes.has('kms:elastic-keys:create') ? ALGORITHMS : [];
    return sendPage(reply, keysPage({ who, keys: page.items.map(lineOf), next, algorithms, ...shown }), targetsOf(browser, signedIn));
  };

  app.get('/ui', async (_request, reply) => reply.redirect(HOME, 303));

  app.get(HOME, async (request, reply) => {
    const { cursor } = request.query as { readonly cursor?: unknown };
    return show(reply, await signIn(request, options), typeof cursor === 'string' ? { cursor } : {});
  });

  app.post('/ui/keys', { schema: { body: bodySchema } }, async (request, reply) => {
    const signedIn = await signInForm(request, options);
    const { name, algorithm } = request.body;
    try {
      const { id } = await keys.elasticKeys.create(signedIn.caller, { name, algorithm });
      return reply.redirect(`/ui/keys/${id}`, 303);
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      return show(reply.code(error.status), signedIn, { name, problem: `${error.message} ${error.fix ?? ''}`.trim() });
    }
  });
};
