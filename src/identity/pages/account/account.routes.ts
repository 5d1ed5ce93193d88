import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import type { App } from '#infra/http/server.ts';
import type { Clients } from '#identity/clients/clients.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { type AccountForms, accountPage } from '#identity/views/account/account-page.ts';
import type { Emit } from '../../events.ts';
import { tokenFor } from '../forms/form-protection.ts';
import { REMOVE_PASSKEY_PATH } from './passkey.routes.ts';
import { ACCOUNT_PAGE, ACCOUNT_PATH, type FindOwner, type Owner, toLogIn } from './account-session.ts';
import { doneAtAccount, takeDone } from './done.ts';

const csrf = Type.String({ maxLength: 512 });
const reference = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });

/** Paths of the forms, each with its own token. */
const FORMS = {
  logOut: '/account/log-out',
  sessions: '/account/sessions',
  grants: '/account/grants',
  totp: '/account/totp',
  recoveryCodes: '/account/recovery-codes',
  removePasskey: REMOVE_PASSKEY_PATH,
} as const satisfies Record<keyof AccountForms, string>;

/** `GET /account`: who is logged in, where, and what clients were allowed; its forms end that. */
export const registerAccountPage = (
  app: App,
  options: {
    readonly findOwner: FindOwner;
    readonly access: OpenIdProvider['access'];
    readonly clients: Pick<Clients, 'find'>;
    readonly emit: Emit;
  },
): void => {
  const { findOwner, access, clients, emit } = options;

  const nameOf = async (clientId: string): Promise<string> => (await clients.find(clientId))?.name ?? clientId;

  const show = async (request: FastifyRequest, reply: FastifyReply, { session, account, factors, isFresh }: Owner) => {
    const done = takeDone(request, reply);
    const [sessions, grants] = await Promise.all([access.sessions(account.accountId), access.grants(account.accountId)]);
    const page = accountPage({
      ...(done === undefined ? {} : { done }),
      username: account.username,
      name: account.name ?? account.username,
      email: account.email ?? null,
      roles: account.roles,
      sessions: await Promise.all(
        sessions.map(async (each) => ({
          ...each,
          isThis: each.reference === session.reference,
          clientNames: await Promise.all(each.clientIds.map(nameOf)),
        })),
      ),
      grants: await Promise.all(grants.map(async (grant) => ({ ...grant, clientName: await nameOf(grant.clientId) }))),
      factors,
      isFresh,
      forms: Object.fromEntries(
        Object.entries(FORMS).map(([name, action]) => [name, { action, csrfToken: tokenFor(reply, action) }]),
      ) as unknown as AccountForms,
    });
    return reply.headers(pageHeaders()).send(renderHtml(page));
  };

  /** What an owner posts; anybody else is sent to the log-in. */
  const owned = async (request: FastifyRequest, reply: FastifyReply, act: (owner: Owner) => Promise<FastifyReply>) => {
    const owner = await findOwner(request);
    return owner === null ? toLogIn(reply) : act(owner);
  };

  app.get(ACCOUNT_PATH, async (request, reply) => owned(request, reply, (owner) => show(request, reply, owner)));

  app.post(FORMS.logOut, { schema: { body: strictObject({ _csrf: csrf }) }, preHandler: app.checkForm }, async (request, reply) =>
    owned(request, reply, async ({ session, account }) => {
      await access.endSessions(account.accountId, { only: session.reference });
      emit({ type: 'logged-out', accountId: account.accountId, clientId: ACCOUNT_PAGE });
      return reply.redirect('/', 303);
    }),
  );

  app.post(
    FORMS.sessions,
    {
      schema: { body: strictObject({ _csrf: csrf, session: Type.Union([reference, Type.Literal('others'), Type.Literal('all')]) }) },
      preHandler: app.checkForm,
    },
    async (request, reply) =>
      owned(request, reply, async ({ session, account: { accountId } }) => {
        const { session: which } = request.body;
        const own = session.reference;
        await access.endSessions(accountId, which === 'all' ? { allBut: null } : which === 'others' ? { allBut: own } : { only: which });
        emit({ type: 'account-changed', accountId, change: 'sessions-ended' });
        // Where this browser is logged out as well, the person who logs in next would be told.
        if (which === 'all' || which === own) return toLogIn(reply);
        return doneAtAccount(reply, which === 'others' ? 'sessions-ended' : 'session-ended');
      }),
  );

  app.post(
    FORMS.grants,
    { schema: { body: strictObject({ _csrf: csrf, grant: reference }) }, preHandler: app.checkForm },
    async (request, reply) =>
      owned(request, reply, async ({ account: { accountId } }) => {
        await access.endGrant(accountId, request.body.grant);
        emit({ type: 'account-changed', accountId, change: 'grant-ended' });
        return doneAtAccount(reply, 'grant-ended');
      }),
  );
};
