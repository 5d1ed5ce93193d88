import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { BrowserAccess } from '#kms/access/guard/open-browser.ts';
import type { LogIn } from '#kms/access/sessions/session.ts';
import { csrfTokenInvalid } from '#kms/access/sessions/session-errors.ts';
import { requireOwnOrigin } from '#kms/access/sessions/same-origin.ts';
import { type PagesOptions, sendPage } from './page-context.ts';
import { returnToOf } from './return-to.ts';
import { type LogInView, logInPage } from './views/log-in-page.ts';

export const LOG_IN_PATH = '/ui/log-in';
export const ISSUER_PATH = `${LOG_IN_PATH}/issuer`;

/** The cookie of the browser to which the form of a log-in belongs, so that nobody else can log it in as somebody. */
const FORM = 'form';
const FORM_COOKIE_BYTES = 16;

const bodySchema = strictObject({
  _csrf: Type.String({ maxLength: 128 }),
  return_to: Type.String({ maxLength: 512 }),
  username: Type.String({ maxLength: 1_024 }),
  password: Type.String({ maxLength: 4_096 }),
});

interface Form {
  readonly return_to?: unknown;
  readonly username?: unknown;
}

/** The form of a log-in, with a token that belongs to a cookie of this browser. */
export const showLogIn = (
  request: FastifyRequest,
  reply: FastifyReply,
  { browser, ...view }: { readonly browser: BrowserAccess; readonly returnTo: string } & Pick<LogInView, 'username' | 'problem'>,
): FastifyReply => {
  const { cookies, keys, parties } = browser;
  const known = cookies.read(request.headers.cookie, FORM);
  const cookie = known ?? randomBytes(FORM_COOKIE_BYTES).toString('base64url');
  if (known === null) reply.header('set-cookie', cookies.set(FORM, cookie));
  const query = (index: number): string => new URLSearchParams({ issuer: String(index), return_to: view.returnTo }).toString();
  const issuers = parties.map(({ name }, index) => ({ name, href: `${ISSUER_PATH}?${query(index)}` }));
  return sendPage(reply, logInPage({ csrfToken: keys.mac('form token', cookie), issuers, ...view }));
};

/** A refused log-in as the form again; false for any other error. */
export const isLogInRefusal = (error: unknown): error is AppError =>
  error instanceof AppError && (error.code === 'password-invalid' || error.code === 'unauthenticated' || error.status === 429);

const WORDS = 'User name or password is wrong.';

/** @param error as `isLogInRefusal` has it */
export const showRefusedLogIn = (request: FastifyRequest, reply: FastifyReply, browser: BrowserAccess, error: AppError): FastifyReply => {
  const { username, return_to: returnTo } = (request.body ?? {}) as Form;
  const late = error.status === 429;
  const retryAfter = error.headers['retry-after'];
  // 401 would ask for a credential by header, and browsers for a name and password in a window of their own.
  reply.code(late ? 429 : 403);
  if (late && retryAfter !== undefined) reply.header('retry-after', retryAfter);
  return showLogIn(request, reply, {
    browser,
    returnTo: returnToOf(returnTo),
    ...(typeof username === 'string' ? { username: username.slice(0, 128) } : {}),
    problem: late ? `${error.message} ${error.fix ?? ''}`.trim() : WORDS,
  });
};

/** Ends the session that the browser had, and begins a new one: nobody keeps one that another gave him. */
export const beginSession = async (request: FastifyRequest, reply: FastifyReply, browser: BrowserAccess, logIn: LogIn): Promise<void> => {
  const { sessions, cookies } = browser;
  const before = cookies.read(request.headers.cookie, '');
  if (before !== null) await sessions.end(before);
  reply.header('set-cookie', cookies.set('', await sessions.begin(logIn)));
};

/** `GET` and `POST /ui/log-in`: by name and password of a realm; and the way to the issuers. */
export const registerLogIn = (app: App, options: PagesOptions): void => {
  const { browser, nameTag } = options;
  const { cookies, keys, origin, parties, pending } = browser;

  app.get(LOG_IN_PATH, async (request, reply) => {
    const { return_to: asked } = request.query as { readonly return_to?: unknown };
    return showLogIn(request, reply, { browser, returnTo: returnToOf(asked) });
  });

  app.post(LOG_IN_PATH, { schema: { body: bodySchema } }, async (request, reply) => {
    const { _csrf: token, username, password, return_to: asked } = request.body;
    requireOwnOrigin(request, origin);
    const cookie = cookies.read(request.headers.cookie, FORM);
    if (cookie === null || !equalSecrets(token, keys.mac('form token', cookie))) throw csrfTokenInvalid();
    request.facts = { credential: 'password', name_tag: nameTag(username) };
    const { caller, passwordVersion } = await browser.logIn({ username, password, address: request.ip, connection: request.raw.socket });
    await beginSession(request, reply, browser, { caller, proof: { kind: 'password', passwordVersion } });
    return reply.header('cache-control', 'no-store').redirect(returnToOf(asked), 303);
  });

  app.get(ISSUER_PATH, async (request, reply) => {
    const { issuer: index, return_to: asked } = request.query as { readonly issuer?: unknown; readonly return_to?: unknown };
    const party = parties[typeof index === 'string' && /^\d{1,2}$/.test(index) ? Number(index) : 0];
    if (party === undefined) throw new AppError('issuer-unknown', 404, 'There is no such issuer to log in at.');
    const begun = pending.begin(request.headers.cookie, { issuer: party.issuer, returnTo: returnToOf(asked) });
    return reply
      .header('set-cookie', begun.cookie)
      .header('cache-control', 'no-store')
      .redirect(party.authorizationUrl(begun.pending).href, 303);
  });
};
