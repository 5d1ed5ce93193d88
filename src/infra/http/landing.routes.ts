import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import { type Landing, landingPage } from '#infra/html/landing-page.ts';
import { ICON, ICON_PATH, STYLESHEET, STYLESHEET_PATH } from '#infra/html/look.ts';
import { acceptsPage } from './request/accepts-page.ts';
import type { App } from './server.ts';

const DAY_S = 86_400;

/**
 * `GET /`: a page for a browser, and the same as JSON for every other client. With it come the style sheet and the icon of all pages.
 *
 * @see RFC 9110 section 12.5.1 (Accept)
 */
export const registerLanding = (app: App, landing: Landing): void => {
  const serve = (path: string, type: string, text: string) =>
    app.get(path, { schema: { hide: true } }, async (_request, reply) =>
      reply.type(type).header('cache-control', `public, max-age=${DAY_S}`).send(text),
    );
  serve(STYLESHEET_PATH, 'text/css; charset=utf-8', STYLESHEET);
  serve(ICON_PATH, 'image/svg+xml', ICON);

  const { product, purpose, links, demo } = landing;
  const page = renderHtml(landingPage(landing));
  const document = { name: product, purpose, links: links.map(({ path, title }) => ({ path, title })), ...(demo && { demo }) };
  app.get('/', { schema: { hide: true } }, async ({ headers }, reply) => {
    reply.header('vary', 'accept');
    if (!acceptsPage(headers)) return reply.send(document);
    return reply.headers(pageHeaders()).send(page);
  });
};
