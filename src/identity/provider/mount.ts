import type { FastifySchema } from 'fastify';
import type { App } from '#infra/http/server.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import { discardUnreadBody } from './seams/unread-body.ts';

/**
 * Puts the provider's endpoints into the server, in a context of their own without body parsers: the provider reads its bodies
 * itself. Headers that hooks have set so far (security headers, rate limits) are kept.
 */
export const mountProvider = async (app: App, provider: Pick<OpenIdProvider, 'endpoints' | 'handle'>): Promise<void> => {
  await app.register(async (context) => {
    context.removeAllContentTypeParsers();
    context.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const endpoint of provider.endpoints) {
      context.route({
        method: [...endpoint.methods],
        url: endpoint.path,
        // Out of the OpenAPI document: discovery describes these.
        schema: { hide: true } as FastifySchema,
        handler: async (request, reply) => {
          reply.hijack();
          discardUnreadBody(request.raw, reply.raw);
          for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
          await provider.handle(endpoint, request.raw, reply.raw);
        },
      });
    }
  });
};
