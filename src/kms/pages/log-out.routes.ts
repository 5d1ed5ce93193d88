import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { LOGGED_OUT_PATH } from '#kms/access/code-flow/create-relying-party.ts';
import { endSessionUrlOf, type PagesOptions, sendPage, signInForm } from './page-context.ts';
import { loggedOutPage } from './views/message-page.ts';

/** `POST /ui/log-out`: ends the session here, and leads on to the issuer, which asks whether its own shall end. */
export const registerLogOut = (app: App, options: PagesOptions): void => {
  const { browser } = options;
  const { sessions, cookies } = browser;

  app.post('/ui/log-out', { schema: { body: strictObject({ _csrf: Type.String({ maxLength: 128 }) }) } }, async (request, reply) => {
    await signInForm(request, options);
    const ended = await sessions.end(cookies.read(request.headers.cookie, '') ?? '');
    return reply
      .header('set-cookie', cookies.clear(''))
      .header('cache-control', 'no-store')
      .redirect(endSessionUrlOf(browser, ended?.issuer ?? null) ?? LOGGED_OUT_PATH, 303);
  });

  app.get(LOGGED_OUT_PATH, async (_request, reply) => sendPage(reply, loggedOutPage()));
};
