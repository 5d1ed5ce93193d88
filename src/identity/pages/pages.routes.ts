import formbody from '@fastify/formbody';
import type { App } from '#infra/http/server.ts';
import { toProblem } from '#infra/http/problem.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { Emit } from '../events.ts';
import type { Interactions } from '#identity/provider/interactions/interactions.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { registerConsent } from './consent.routes.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import { errorPage } from '#identity/views/error-page.ts';
import { describeFormError, protectForms } from './form-protection.ts';
import { registerLogin } from './login.routes.ts';
import { ICON, ICON_PATH, STYLESHEET, STYLESHEET_PATH } from '#identity/views/stylesheet.ts';

export interface PagesOptions {
  readonly interactions: Interactions;
  readonly accounts: Accounts;
  readonly resourceServers: readonly ResourceServer[];
  readonly emit: Emit;
  /** For the tokens of the forms. */
  readonly secret: string;
  readonly telemetry: Pick<Telemetry, 'traceId'>;
}

const DAY_S = 86_400;

/**
 * The pages for people: log-in, consent, their style sheet and icon. A route finds the interaction of the browser (`interaction-request.ts`),
 * asks accounts and provider, and sends the HTML of a view; forms carry a token (`form-protection.ts`). An error here is a page too,
 * never JSON.
 */
export const registerPages = async (app: App, options: PagesOptions): Promise<void> => {
  const { telemetry } = options;

  const serve = (path: string, type: string, text: string) =>
    app.get(path, async (_request, reply) => reply.type(type).header('cache-control', `public, max-age=${DAY_S}`).send(text));
  serve(STYLESHEET_PATH, 'text/css; charset=utf-8', STYLESHEET);
  serve(ICON_PATH, 'image/svg+xml', ICON);

  await app.register(async (scope) => {
    const pages = scope as unknown as App;
    pages.setErrorHandler((thrown, request, reply) => {
      const error = describeFormError(thrown);
      app.logFailure(request, error);
      const { status, headers, body } = toProblem(error);
      const { code, detail, fix } = body as { readonly code: string; readonly detail: string; readonly fix?: string };
      return reply
        .code(status)
        .headers({ ...headers, ...pageHeaders() })
        .send(renderHtml(errorPage({ code, message: detail, ...(fix === undefined ? {} : { fix }), traceId: telemetry.traceId() })));
    });
    await pages.register(formbody, { bodyLimit: 16 * 1024 });
    await protectForms(pages, options.secret);
    registerLogin(pages, options);
    registerConsent(pages, options);
  });
};
