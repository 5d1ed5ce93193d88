import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { App } from '#infra/http/server.ts';
import type { SecondFactors } from '#identity/factors/factors.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { recoveryCodesPage } from '#identity/views/account/recovery-codes-page.ts';
import { totpPage } from '#identity/views/account/totp-page.ts';
import type { Emit } from '../../events.ts';
import { problemOf } from '../forms/waiting-problem.ts';
import { type FindOwner, type Owner, toAccount, toLogIn } from './account-session.ts';
import { doneAtAccount, sayDone } from './done.ts';
import { tokenFor } from '../forms/form-protection.ts';

const PATH = '/account/totp';
const RECOVERY_PATH = '/account/recovery-codes';
const csrf = Type.String({ maxLength: 512 });
const bodySchema = strictObject({
  _csrf: csrf,
  decision: Type.Union([Type.Literal('begin'), Type.Literal('confirm'), Type.Literal('remove')]),
  code: Type.Optional(Type.String({ maxLength: 64 })),
});

const showCodes = (reply: FastifyReply, codes: readonly string[]) =>
  reply.headers(pageHeaders()).send(renderHtml(recoveryCodesPage({ codes })));

/** `GET` and `POST /account/totp` and `POST /account/recovery-codes`: an app for one-time codes, and codes for when it is lost. */
export const registerTotpPages = (
  app: App,
  options: {
    readonly findOwner: FindOwner;
    readonly sessions: Pick<OpenIdProvider['sessions'], 'logIn'>;
    readonly factors: SecondFactors;
    readonly emit: Emit;
  },
): void => {
  const { findOwner, sessions, factors, emit } = options;

  /** Second factors are changed soon after a log-in alone: a browser that was left alone would give the account away. */
  const fresh = async (request: FastifyRequest): Promise<Owner | null> => {
    const owner = await findOwner(request);
    return owner?.isFresh === true ? owner : null;
  };

  const show = async (reply: FastifyReply, { account }: Owner, problem?: string) => {
    const pending = await factors.pendingTotp(account);
    if (pending === null) return toAccount(reply);
    const page = totpPage({ action: PATH, csrfToken: tokenFor(reply, PATH), ...pending, ...(problem === undefined ? {} : { problem }) });
    return reply.headers(pageHeaders()).send(renderHtml(page));
  };

  /** The first code of a new app; it proves the second factor of this session, too. */
  const confirm = async (request: FastifyRequest, reply: FastifyReply, owner: Owner, code: string) => {
    const { accountId } = owner.account;
    let codes: readonly string[] | null;
    try {
      codes = await factors.confirmTotp({ accountId, code, address: request.ip });
    } catch (error) {
      const { text, retryAfter } = problemOf(error);
      return show(reply.code(429).header('retry-after', retryAfter), owner, text);
    }
    if (codes === null) return show(reply.code(403), owner, 'The code is wrong. Look whether the clock of the device is right.');
    emit({ type: 'account-changed', accountId, change: 'totp-added' });
    const login = { accountId, at: owner.session.loggedInAt, remember: false, second: 'otp' } as const;
    reply.header('set-cookie', [...(await sessions.logIn(request.raw, login))]);
    sayDone(reply, 'totp-added');
    return codes.length > 0 ? showCodes(reply, codes) : toAccount(reply);
  };

  app.get(PATH, async (request, reply) => {
    const owner = await fresh(request);
    return owner === null ? toLogIn(reply) : show(reply, owner);
  });

  app.post(PATH, { schema: { body: bodySchema }, preHandler: app.checkForm }, async (request, reply) => {
    const owner = await fresh(request);
    if (owner === null) return toLogIn(reply);
    const { accountId } = owner.account;
    const { decision, code = '' } = request.body;
    if (decision === 'confirm') return confirm(request, reply, owner, code);
    if (decision === 'begin') {
      await factors.beginTotp(accountId);
      return reply.redirect(PATH, 303);
    }
    await factors.removeTotp(accountId);
    emit({ type: 'account-changed', accountId, change: 'totp-removed' });
    return doneAtAccount(reply, 'totp-removed');
  });

  app.post(RECOVERY_PATH, { schema: { body: strictObject({ _csrf: csrf }) }, preHandler: app.checkForm }, async (request, reply) => {
    const owner = await fresh(request);
    if (owner === null) return toLogIn(reply);
    const { accountId } = owner.account;
    const codes = await factors.renewRecoveryCodes(accountId);
    emit({ type: 'account-changed', accountId, change: 'recovery-codes-renewed' });
    return showCodes(sayDone(reply, 'recovery-codes-noted'), codes);
  });
};
