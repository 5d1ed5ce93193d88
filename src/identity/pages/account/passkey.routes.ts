import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { App } from '#infra/http/server.ts';
import type { Passkeys } from '#identity/factors/passkeys.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { passkeyPage } from '#identity/views/account/passkey-page.ts';
import { recoveryCodesPage } from '#identity/views/account/recovery-codes-page.ts';
import { PASSKEY_SCRIPT_SOURCE } from '#identity/views/passkey-form.ts';
import type { Emit } from '../../events.ts';
import { tokenFor } from '../forms/form-protection.ts';
import { type FindOwner, toAccount, toLogIn } from './account-session.ts';
import { doneAtAccount, sayDone } from './done.ts';

const PATH = '/account/passkeys';
export const REMOVE_PASSKEY_PATH = '/account/passkeys/remove';
const csrf = Type.String({ maxLength: 512 });
const addSchema = strictObject({
  _csrf: csrf,
  decision: Type.Literal('passkey'),
  credential: Type.String({ maxLength: 8192 }),
  name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\x00-\\x1F\\x7F-\\x9F]+$' }),
});
const removeSchema = strictObject({ _csrf: csrf, credential_id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,1400}$' }) });

/** `GET` and `POST /account/passkeys`, `POST /account/passkeys/remove`; all soon after a log-in alone. */
export const registerPasskeyPages = (
  app: App,
  options: {
    readonly findOwner: FindOwner;
    readonly sessions: Pick<OpenIdProvider['sessions'], 'logIn'>;
    readonly passkeys: Pick<Passkeys, 'creationOptions' | 'add' | 'remove'>;
    readonly emit: Emit;
  },
): void => {
  const { findOwner, sessions, passkeys, emit } = options;

  app.get(PATH, async (request, reply) => {
    const owner = await findOwner(request);
    if (owner?.isFresh !== true) return toLogIn(reply);
    const view = { action: PATH, csrfToken: tokenFor(reply, PATH), options: await passkeys.creationOptions(owner.account) };
    return reply.headers(pageHeaders([], [PASSKEY_SCRIPT_SOURCE])).send(renderHtml(passkeyPage(view)));
  });

  app.post(PATH, { schema: { body: addSchema }, preHandler: app.checkForm }, async (request, reply) => {
    const owner = await findOwner(request);
    if (owner?.isFresh !== true) return toLogIn(reply);
    const { accountId } = owner.account;
    const { credential, name } = request.body;
    const { method, recoveryCodes } = await passkeys.add({ accountId, credential, name });
    emit({ type: 'account-changed', accountId, change: 'passkey-added' });
    // It proves the second factor of this session, too.
    const login = { accountId, at: owner.session.loggedInAt, remember: false, second: method };
    reply.header('set-cookie', [...(await sessions.logIn(request.raw, login))]);
    sayDone(reply, 'passkey-added');
    if (recoveryCodes.length === 0) return toAccount(reply);
    return reply.headers(pageHeaders()).send(renderHtml(recoveryCodesPage({ codes: recoveryCodes })));
  });

  app.post(REMOVE_PASSKEY_PATH, { schema: { body: removeSchema }, preHandler: app.checkForm }, async (request, reply) => {
    const owner = await findOwner(request);
    if (owner?.isFresh !== true) return toLogIn(reply);
    const { accountId } = owner.account;
    await passkeys.remove(accountId, request.body.credential_id);
    emit({ type: 'account-changed', accountId, change: 'passkey-removed' });
    return doneAtAccount(reply, 'passkey-removed');
  });
};
