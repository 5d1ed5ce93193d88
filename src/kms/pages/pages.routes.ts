import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import { readBodies } from '#infra/http/server/bodies.ts';
import type { App } from '#infra/http/server.ts';
import { registerCallback } from './callback.routes.ts';
import { registerKeyPage } from './key.routes.ts';
import { registerKeysPage } from './keys.routes.ts';
import { isLogInRefusal, LOG_IN_PATH, registerLogIn, showRefusedLogIn } from './log-in.routes.ts';
import { registerLogOut } from './log-out.routes.ts';
import { type PagesOptions, sendPage } from './page-context.ts';
import { HOME, returnToOf } from './return-to.ts';
import { errorPage } from './views/message-page.ts';

/** Bytes of a form: 4,096 characters of text, or a ciphertext of it. */
const FORM_LIMIT = 64 * 1024;

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? '';

/** Whoever is not logged in goes to the log-in, and comes back where he only wanted to read. */
const toLogIn = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const returnTo = request.method === 'GET' ? returnToOf(pathOf(request)) : HOME;
  return reply
    .header('cache-control', 'no-store')
    .redirect(`${LOG_IN_PATH}?${new URLSearchParams({ return_to: returnTo }).toString()}`, 303);
};

/**
 * The pages for people: log-in, keys, log-out. Each act goes through the services of the keys, as a caller who was found by the session of
 * his browser; forms carry its token. An error here is a page too, never JSON.
 */
export const registerPages = async (app: App, options: PagesOptions): Promise<void> => {
  const { browser, telemetry } = options;
  await app.register(async (scope) => {
    const pages = scope as unknown as App;
    pages.setErrorHandler((thrown, request, reply) => {
      if (thrown instanceof AppError && thrown.code === 'session-over') return toLogIn(request, reply);
      request.server.logFailure(request, thrown);
      if (request.method === 'POST' && pathOf(request) === LOG_IN_PATH && isLogInRefusal(thrown))
        return showRefusedLogIn(request, reply, browser, thrown);
      const { status, headers, body } = request.server.problemOf(thrown);
      const { 'www-authenticate': _asked, ...others } = headers;
      const { code, detail, fix } = body as { readonly code: string; readonly detail: string; readonly fix?: string };
      // 401 would have the browser ask for a name and password in a window of its own.
      reply.code(status === 401 ? 403 : status).headers(others);
      return sendPage(reply, errorPage({ code, message: detail, ...(fix === undefined ? {} : { fix }), traceId: telemetry.traceId() }));
    });
    readBodies(pages, { reads: 'application/x-www-form-urlencoded', bodyLimit: FORM_LIMIT });
    pages.addHook('onRoute', (route) => void (route.schema = { ...route.schema, hide: true }));
    registerLogIn(pages, options);
    registerCallback(pages, options);
    registerLogOut(pages, options);
    registerKeysPage(pages, options);
    registerKeyPage(pages, options);
  });
};
