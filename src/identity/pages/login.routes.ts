import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { PublicAccount } from '#infra/html/landing-page.ts';
import type { App } from '#infra/http/server.ts';
import type { NameTag } from '#infra/secrets/name-tags.ts';
import type { Account } from '#identity/accounts/account.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { Emit } from '../events.ts';
import type { Interactions } from '#identity/provider/interactions/interactions.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import { formOf } from './form-protection.ts';
import { finish, interactionAt, interactionParams, returnTargets } from './interaction-request.ts';
import { loginPage } from '#identity/views/login-page.ts';

const bodySchema = strictObject({
  _csrf: Type.String({ maxLength: 512 }),
  username: Type.Optional(Type.String({ maxLength: 1024 })),
  password: Type.Optional(Type.String({ maxLength: 4096 })),
  decision: Type.Optional(Type.Union([Type.Literal('login'), Type.Literal('cancel')])),
  demo_account: Type.Optional(Type.String({ maxLength: 1024 })),
});

const WRONG = 'The user name or the password is wrong.';

/** The words for an attempt that has to wait; any other error is thrown on. */
const problemOf = (error: unknown): { readonly text: string; readonly retryAfter: string; readonly code: string } => {
  if (!(error instanceof AppError) || error.status !== 429) throw error;
  const retryAfter = error.headers['retry-after'] ?? error.headers['Retry-After'] ?? '1';
  return { text: `${error.message} ${error.fix ?? ''}`.trim(), retryAfter, code: error.code };
};

/** `GET` and `POST /login/<uid>`: proves who the user is and goes back into the authorization. */
export const registerLogin = (
  app: App,
  options: {
    readonly interactions: Interactions;
    readonly accounts: Pick<Accounts, 'authenticate'>;
    readonly demoAccounts: readonly PublicAccount[];
    readonly emit: Emit;
    readonly nameTag: NameTag;
    /** Epoch milliseconds. */
    readonly now: () => number;
  },
): void => {
  const { interactions, accounts, demoAccounts, emit, nameTag, now } = options;

  app.get('/login/:uid', { schema: { params: interactionParams } }, async (request, reply) => {
    const details = await interactionAt(interactions, request, reply, 'login');
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
    { schema: { params: interactionParams, body: bodySchema }, preHandler: app.checkForm },
    async (request, reply) => {
      const details = await interactionAt(interactions, request, reply, 'login');
      const { id: clientId, name: clientName } = details.client;
      const { decision, demo_account: chosen } = request.body;
      const { username = '', password = '' } = demoAccounts.find((account) => account.username === chosen) ?? request.body;
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
        const { text, retryAfter, code } = problemOf(error);
        emit({ type: 'login-failed', reason: code === 'too-many-attempts' ? 'too-many-attempts' : 'busy', ...tried });
        return again(429, text, { 'retry-after': retryAfter });
      }
      if (account === null) {
        emit({ type: 'login-failed', reason: 'wrong-credentials', ...tried });
        return again(403, WRONG);
      }
      const accountId = account.id;
      emit({ type: 'logged-in', accountId, tenantId: account.tenantId, clientId });
      return finish(reply, () => interactions.finishLogin(request.raw, reply.raw, { accountId, remember: false, at }));
    },
  );
};
