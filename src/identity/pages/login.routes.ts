import type { FastifyReply } from 'fastify';
import type { App } from '#infra/http/server.ts';
import type { Account } from '#identity/accounts/account.ts';
import { demandedFactors } from '#identity/factors/acr.ts';
import type { InteractionDetails, Interactions } from '#identity/provider/interactions/interactions.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import { formOf } from './forms/form-protection.ts';
import { givenCredentials, loginFormSchema } from './forms/login-form.ts';
import { finish, interactionAt, interactionParams, returnTargets } from './interaction-request.ts';
import { type LogInMeans, WRONG_CREDENTIALS } from './second-factor/log-in-means.ts';
import type { LoginStep } from './second-factor/login-steps.ts';
import { registerSecondFactor } from './second-factor/second-factor.routes.ts';
import { problemOf } from './forms/waiting-problem.ts';
import { loginPage } from '#identity/views/login-page.ts';

/** `GET` and `POST /login/<uid>`: proves who the user is and goes back into the authorization. */
export const registerLogin = (app: App, options: LogInMeans & { readonly interactions: Interactions }): void => {
  const { interactions, accounts, demoAccounts, factors, steps, emit, nameTag, now } = options;

  const askForSecond = async (reply: FastifyReply, details: InteractionDetails, step: Omit<LoginStep, 'askedAcr'>) => {
    const path = `/login/${details.uid}`;
    await steps.begin(reply, path, { ...step, askedAcr: details.askedAcr });
    return reply.redirect(`${path}/second-factor`, 303);
  };

  registerSecondFactor(app, {
    ...options,
    url: '/login/:uid/second-factor',
    params: interactionParams,
    underWay: async (request, reply) => {
      const details = await interactionAt(interactions, request, reply, 'login');
      return {
        path: `/login/${details.uid}`,
        clientId: details.client.id,
        purpose: details.client.name,
        targets: returnTargets(details),
        cancel: () => finish(reply, () => interactions.abort(request.raw, reply.raw)),
        finish: ({ accountId, tenantId }, { at, isStepUp }, second) => {
          emit({ type: 'logged-in', accountId, tenantId, clientId: details.client.id });
          return finish(reply, () =>
            isStepUp
              ? interactions.finishStepUp(request.raw, reply.raw, second)
              : interactions.finishLogin(request.raw, reply.raw, { accountId, remember: false, at, second }),
          );
        },
      };
    },
  });

  app.get('/login/:uid', { schema: { params: interactionParams } }, async (request, reply) => {
    const details = await interactionAt(interactions, request, reply, 'login');
    if (details.isStepUp && details.session !== undefined) {
      const { accountId } = details.session;
      const demanded = demandedFactors(details.askedAcr, await factors.of(accountId));
      if (demanded === 'unmet') return finish(reply, () => interactions.failUnmet(request.raw, reply.raw));
      if (demanded !== 'none') return askForSecond(reply, details, { accountId, at: Math.floor(now() / 1000), isStepUp: true });
    }
    const hint = details.params.login_hint;
    const page = loginPage({
      action: formOf(request),
      csrfToken: reply.generateCsrf({ userInfo: formOf(request) }),
      clientName: details.client.name,
      demoAccounts,
      ...(typeof hint === 'string' ? { username: hint.slice(0, 256) } : {}),
    });
    return reply.headers(pageHeaders(returnTargets(details))).send(renderHtml(page));
  });

  app.post(
    '/login/:uid',
    { schema: { params: interactionParams, body: loginFormSchema }, preHandler: app.checkForm },
    async (request, reply) => {
      const details = await interactionAt(interactions, request, reply, 'login');
      const { id: clientId, name: clientName } = details.client;
      const { decision } = request.body;
      const { username, password } = givenCredentials(request.body, demoAccounts);
      if (decision === 'cancel') {
        emit({ type: 'login-cancelled', clientId });
        return finish(reply, () => interactions.abort(request.raw, reply.raw));
      }

      const again = (status: number, problem: string, headers: Record<string, string> = {}) => {
        const page = loginPage({
          action: formOf(request),
          csrfToken: reply.generateCsrf({ userInfo: formOf(request) }),
          clientName,
          demoAccounts,
          username: username.slice(0, 256),
          problem,
        });
        return reply
          .code(status)
          .headers({ ...pageHeaders(returnTargets(details)), ...headers })
          .send(renderHtml(page));
      };

      const tried = { clientId, address: request.ip, nameTag: nameTag(username) };
      const at = Math.floor(now() / 1000);
      let account: Account | null;
      try {
        account = await accounts.authenticate({ username, password, address: request.ip });
      } catch (error) {
        const { text, retryAfter, reason } = problemOf(error);
        emit({ type: 'login-failed', reason, ...tried });
        return again(429, text, { 'retry-after': retryAfter });
      }
      if (account === null) {
        emit({ type: 'login-failed', reason: 'wrong-credentials', ...tried });
        return again(403, WRONG_CREDENTIALS);
      }
      const { id: accountId, tenantId } = account;
      const demanded = demandedFactors(details.askedAcr, await factors.of(accountId));
      if (demanded === 'unmet') return finish(reply, () => interactions.failUnmet(request.raw, reply.raw));
      if (demanded !== 'none') return askForSecond(reply, details, { accountId, at, isStepUp: false });
      emit({ type: 'logged-in', accountId, tenantId, clientId });
      return finish(reply, () => interactions.finishLogin(request.raw, reply.raw, { accountId, remember: false, at }));
    },
  );
};
