import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { App } from '#infra/http/server.ts';
import { LEAST_PASSWORD_CHARACTERS } from '#identity/accounts/passwords/new-passwords.ts';
import type { PasswordChanges } from '#identity/accounts/passwords/password-changes.ts';
import { demandedFactors } from '#identity/factors/acr.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { passwordPage } from '#identity/views/account/password-page.ts';
import type { Emit } from '../../events.ts';
import { ACCOUNT_LOGIN_PATH, type FindOwner, SECOND_FACTOR_PATH, toAccount, toLogIn } from './account-session.ts';
import { sayDone } from './done.ts';
import { tokenFor } from '../forms/form-protection.ts';
import type { LoginSteps } from '../second-factor/login-steps.ts';

const PATH = '/account/password';
const password = Type.Optional(Type.String({ maxLength: 4096 }));
const bodySchema = strictObject({ _csrf: Type.String({ maxLength: 512 }), current: password, next: password, again: password });

/**
 * `GET` and `POST /account/password`. The new password ends every session. This browser gets a new one, after the second factor where the
 * account has one: who knows the password alone, at a browser that was left alone, could remove that one else.
 */
export const registerPasswordPage = (
  app: App,
  options: {
    readonly findOwner: FindOwner;
    readonly sessions: Pick<OpenIdProvider['sessions'], 'logIn'>;
    readonly passwordChanges: Pick<PasswordChanges, 'change'>;
    readonly steps: Pick<LoginSteps, 'begin'>;
    readonly emit: Emit;
    /** Epoch milliseconds. */
    readonly now: () => number;
  },
): void => {
  const { findOwner, sessions, passwordChanges, steps, emit, now } = options;

  const show = (reply: FastifyReply, username: string, problem?: string) => {
    const view = { action: PATH, csrfToken: tokenFor(reply, PATH), username, leastCharacters: LEAST_PASSWORD_CHARACTERS };
    return reply.headers(pageHeaders()).send(renderHtml(passwordPage({ ...view, ...(problem === undefined ? {} : { problem }) })));
  };

  app.get(PATH, async (request, reply) => {
    const owner = await findOwner(request);
    return owner === null ? toLogIn(reply) : show(reply, owner.account.username);
  });

  app.post(PATH, { schema: { body: bodySchema }, preHandler: app.checkForm }, async (request, reply) => {
    const owner = await findOwner(request);
    if (owner === null) return toLogIn(reply);
    const { accountId, username } = owner.account;
    const { current = '', next = '', again = '' } = request.body;
    if (next !== again) return show(reply.code(400), username, 'The new password was not written twice in the same way.');
    try {
      await passwordChanges.change({ accountId, current, next, address: request.ip });
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error;
      return show(reply.code(error.status).headers({ ...error.headers }), username, `${error.message} ${error.fix ?? ''}`.trim());
    }
    emit({ type: 'account-changed', accountId, change: 'password-changed' });
    sayDone(reply, 'password-changed');
    const login = { accountId, at: Math.floor(now() / 1000) };
    if (typeof demandedFactors([], owner.factors) === 'string')
      return toAccount(reply.header('set-cookie', [...(await sessions.logIn(request.raw, { ...login, remember: false }))]));
    await steps.begin(reply, ACCOUNT_LOGIN_PATH, { ...login, isStepUp: false, askedAcr: [] });
    return reply.redirect(SECOND_FACTOR_PATH, 303);
  });
};
