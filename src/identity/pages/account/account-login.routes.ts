import type { FastifyReply, FastifyRequest } from 'fastify';
import { strictObject } from '#infra/config/schema.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { App } from '#infra/http/server.ts';
import type { Account } from '#identity/accounts/account.ts';
import { demandedFactors } from '#identity/factors/acr.ts';
import type { LogIn } from '#identity/provider/interactions/interactions.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { loginPage } from '#identity/views/login-page.ts';
import { formOf } from '../forms/form-protection.ts';
import { givenCredentials, loginFormSchema } from '../forms/login-form.ts';
import { type LogInMeans, WRONG_CREDENTIALS } from '../second-factor/log-in-means.ts';
import { registerSecondFactor } from '../second-factor/second-factor.routes.ts';
import { problemOf } from '../forms/waiting-problem.ts';
import { ACCOUNT_LOGIN_PATH, ACCOUNT_PAGE, SECOND_FACTOR_PATH, toAccount } from './account-session.ts';

const PURPOSE = 'your account';

/** `GET` and `POST /account/login`: a log-in at Identity itself, for the account page; a client that asks later finds its session. */
export const registerAccountLogin = (app: App, options: LogInMeans & { readonly sessions: OpenIdProvider['sessions'] }): void => {
  const { sessions, demoAccounts, accounts, factors, steps, emit, nameTag, now } = options;

  const show = (request: FastifyRequest, reply: FastifyReply, again: { readonly username?: string; readonly problem?: string } = {}) => {
    const [action, csrfToken] = [formOf(request), reply.generateCsrf({ userInfo: formOf(request) })];
    return reply.headers(pageHeaders()).send(renderHtml(loginPage({ action, csrfToken, clientName: PURPOSE, demoAccounts, ...again })));
  };

  const finish = async (request: FastifyRequest, reply: FastifyReply, tenantId: string, login: LogIn): Promise<FastifyReply> => {
    emit({ type: 'logged-in', accountId: login.accountId, tenantId, clientId: ACCOUNT_PAGE });
    return toAccount(reply.header('set-cookie', [...(await sessions.logIn(request.raw, login))]));
  };

  registerSecondFactor(app, {
    ...options,
    url: SECOND_FACTOR_PATH,
    params: strictObject({}),
    underWay: async (request, reply) => ({
      path: ACCOUNT_LOGIN_PATH,
      clientId: ACCOUNT_PAGE,
      purpose: PURPOSE,
      targets: [],
      cancel: async () => reply.redirect('/', 303),
      finish: ({ accountId, tenantId }, { at }, second) => finish(request, reply, tenantId, { accountId, at, second, remember: false }),
    }),
  });

  app.get(ACCOUNT_LOGIN_PATH, async (request, reply) => show(request, reply));

  app.post(ACCOUNT_LOGIN_PATH, { schema: { body: loginFormSchema }, preHandler: app.checkForm }, async (request, reply) => {
    const { decision } = request.body;
    const { username, password } = givenCredentials(request.body, demoAccounts);
    if (decision === 'cancel') return reply.redirect('/', 303);
    const again = (status: number, problem: string) => show(request, reply.code(status), { username: username.slice(0, 256), problem });
    const tried = { clientId: ACCOUNT_PAGE, address: request.ip, nameTag: nameTag(username) };
    const at = Math.floor(now() / 1000);
    let account: Account | null;
    try {
      account = await accounts.authenticate({ username, password, address: request.ip });
    } catch (error) {
      const { text, retryAfter, reason } = problemOf(error);
      emit({ type: 'login-failed', reason, ...tried });
      return again(429, text).header('retry-after', retryAfter);
    }
    if (account === null) {
      emit({ type: 'login-failed', reason: 'wrong-credentials', ...tried });
      return again(403, WRONG_CREDENTIALS);
    }
    const { id: accountId, tenantId } = account;
    if (typeof demandedFactors([], await factors.of(accountId)) === 'string')
      return finish(request, reply, tenantId, { accountId, at, remember: false });
    await steps.begin(reply, ACCOUNT_LOGIN_PATH, { accountId, at, isStepUp: false, askedAcr: [] });
    return reply.redirect(SECOND_FACTOR_PATH, 303);
  });
};
