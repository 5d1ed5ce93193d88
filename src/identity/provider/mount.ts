import type { FastifyError, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import type { App } from '#infra/http/server.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import { discardUnreadBody } from './seams/unread-body.ts';

const asksForHtml = ({ headers }: FastifyRequest): boolean => /\btext\/html\b/i.test(headers.accept ?? '');

/**
 * Puts the provider's endpoints into the server, in a context of their own without body parsers: the provider reads its bodies
 * itself. Headers that hooks have set so far (security headers, rate limits) are kept.
 *
 * @param options.onPageError answers a request at a page that is refused before the provider sees it, to whoever asks for HTML
 */
export const mountProvider = async (
  app: App,
  provider: Pick<OpenIdProvider, 'endpoints' | 'handle'>,
  options: { readonly onPageError: (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply },
): Promise<void> => {
  await app.register(async (context) => {
    context.removeAllContentTypeParsers();
    context.addContentTypeParser('*', (_request, _payload, done) => done(null));
    for (const endpoint of provider.endpoints) {
      context.route({
        method: [...endpoint.methods],
        url: endpoint.path,
        // Out of the OpenAPI document: discovery describes these.
        schema: { hide: true } as FastifySchema,
        ...(endpoint.answers === 'page'
          ? {
              errorHandler: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
                asksForHtml(request)
                  ? options.onPageError(error, request, reply)
                  : app.errorHandler(error as FastifyError, request as never, reply as never),
            }
          : {}),
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
