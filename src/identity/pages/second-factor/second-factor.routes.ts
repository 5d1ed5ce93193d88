import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { App } from '#infra/http/server.ts';
import type { AccountClaims } from '#identity/accounts/account.ts';
import { demandedFactors, type SecondMethod } from '#identity/factors/acr.ts';
import { PASSKEY_SCRIPT_SOURCE } from '#identity/views/passkey-form.ts';
import { secondFactorPage } from '#identity/views/second-factor-page.ts';
import { formOf } from '../forms/form-protection.ts';
import { problemOf } from '../forms/waiting-problem.ts';
import { logInExpired, type LoginStep } from './login-steps.ts';
import type { SecondFactorMeans } from './log-in-means.ts';

const bodySchema = strictObject({
  _csrf: Type.String({ maxLength: 512 }),
  code: Type.Optional(Type.String({ maxLength: 64 })),
  credential: Type.Optional(Type.String({ maxLength: 8192 })),
  decision: Type.Optional(Type.Union([Type.Literal('code'), Type.Literal('passkey'), Type.Literal('cancel')])),
});

const WRONG_CODE = 'The code is wrong, or it was used before.';
const WRONG_PASSKEY = 'The answer of the passkey is not good, or it came too late.';

/** A log-in that asks for a second factor, as its page sees it. */
export interface LogInUnderWay {
  /** Path of the log-in page: the step is found below it. */
  readonly path: string;
  readonly clientId: string;
  readonly purpose: string;
  /** Addresses that the answer to the form may lead to. */
  readonly targets: readonly string[];
  cancel(): Promise<FastifyReply>;
  /** Writes the answer to a log-in that is proven. */
  finish(account: AccountClaims, step: LoginStep, second: SecondMethod): Promise<FastifyReply>;
}

/** `GET` and `POST` of the page that asks for the second factor, below the path of a log-in page. */
export const registerSecondFactor = (
  app: App,
  options: SecondFactorMeans & {
    /** Route of the page. */
    readonly url: string;
    readonly params: ReturnType<typeof strictObject>;
    /** @throws AppError where there is no such log-in */
    readonly underWay: (request: FastifyRequest, reply: FastifyReply) => Promise<LogInUnderWay>;
  },
): void => {
  const { url, params, underWay, steps, accounts, factors, passkeys, emit, nameTag } = options;

  /** The person of the step, and what would do; a step whose account is gone meanwhile is none. */
  const open = async (request: FastifyRequest, reply: FastifyReply) => {
    const logIn = await underWay(request, reply);
    const step = await steps.find(request, logIn.path);
    const account = await accounts.find(step.accountId);
    const own = await factors.of(step.accountId);
    const demanded = account === undefined ? 'unmet' : demandedFactors(step.askedAcr, own);
    if (account === undefined || typeof demanded === 'string') throw logInExpired();
    return { logIn, step, account, demanded, hasApp: own.totp !== null };
  };

  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { logIn, account, demanded, hasApp }: Awaited<ReturnType<typeof open>>,
    problem?: string,
  ) => {
    const page = secondFactorPage({
      action: formOf(request),
      csrfToken: reply.generateCsrf({ userInfo: formOf(request) }),
      purpose: logIn.purpose,
      username: account.username,
      code: demanded.code,
      app: hasApp,
      ...(demanded.passkey ? { passkeyOptions: await passkeys.requestOptions(account.accountId) } : {}),
      ...(problem === undefined ? {} : { problem }),
    });
    return reply.headers(pageHeaders(logIn.targets, demanded.passkey ? [PASSKEY_SCRIPT_SOURCE] : [])).send(renderHtml(page));
  };

  app.get(url, { schema: { params } }, async (request, reply) => show(request, reply, await open(request, reply)));

  app.post(url, { schema: { params, body: bodySchema }, preHandler: app.checkForm }, async (request, reply) => {
    const opened = await open(request, reply);
    const { logIn, step, account, demanded } = opened;
    const { code = '', credential = '', decision } = request.body;
    if (decision === 'cancel') {
      emit({ type: 'login-cancelled', clientId: logIn.clientId });
      return logIn.cancel();
    }
    const tried = { clientId: logIn.clientId, address: request.ip, nameTag: nameTag(account.username) };
    let second: SecondMethod | null;
    try {
      const { accountId } = account;
      if (decision === 'passkey') second = await passkeys.verify({ accountId, credential });
      else {
        const used = demanded.code ? await factors.verifyCode({ accountId, code, address: request.ip }) : null;
        if (used === 'recovery') emit({ type: 'recovery-code-used', accountId, clientId: logIn.clientId });
        second = used === null ? null : 'otp';
      }
    } catch (error) {
      const { text, retryAfter, reason } = problemOf(error);
      emit({ type: 'second-factor-failed', reason, ...tried });
      return show(request, reply.code(429).header('retry-after', retryAfter), opened, text);
    }
    if (second === null) {
      emit({ type: 'second-factor-failed', reason: 'wrong-credentials', ...tried });
      return show(request, reply.code(403), opened, decision === 'passkey' ? WRONG_PASSKEY : WRONG_CODE);
    }
    await steps.finish(request, logIn.path);
    return logIn.finish(account, step, second);
  });
};
