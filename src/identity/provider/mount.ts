import type { FastifySchema } from 'fastify';
import type { App } from '#infra/http/server.ts';
import type { ProviderDoor } from './provider.ts';
import { PROVIDER_ROUTES } from './routes.ts';

/**
 * Puts the provider's routes into the server, in a context of their own without body parsers: the provider reads its bodies
 * itself. Headers that hooks have set so far (security headers, rate limits) are kept.
 */
export const mountProvider = async (app: App, door: ProviderDoor): Promise<void> => {
  await app.register(async (context) => {
    context.removeAllContentTypeParsers();
    context.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const { path, methods } of PROVIDER_ROUTES) {
      context.route({
        method: [...methods],
        url: path,
        // Out of the OpenAPI document: discovery describes these.
        schema: { hide: true } as FastifySchema,
        handler: async (request, reply) => {
          reply.hijack();
          // The provider stops reading a body that is too long; what it leaves would keep the connection from its next request.
          reply.raw.once('finish', () => void request.raw.resume());
          for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
          await door.handle(request.raw, reply.raw);
        },
      });
    }
  });
};
