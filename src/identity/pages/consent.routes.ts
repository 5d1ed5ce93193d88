import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { Emit } from '../events.ts';
import type { InteractionDetails, Interactions } from '#identity/provider/interactions/interactions.ts';
import { LIFETIMES } from '#identity/provider/features/lifetimes.ts';
import { claimsBeyond } from '#identity/provider/records/claims-of-scopes.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import type { ConsentResource } from '#identity/views/consent-page.ts';
import { consentPage } from '#identity/views/consent-page.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import { formOf } from './forms/form-protection.ts';
import { finish, interactionAt, interactionParams, returnTargets } from './interaction-request.ts';

const bodySchema = strictObject({
  _csrf: Type.String({ maxLength: 512 }),
  decision: Type.Enum(['allow', 'deny', 'other-account']),
});

interface Wanted {
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly resources: readonly ConsentResource[];
}

/** The scopes that the page asks for: those that were not granted yet, or all when the client wants to ask again. */
const wantedBy = (details: InteractionDetails, servers: readonly ResourceServer[]): Wanted => {
  const nameOf = (resource: string): string => servers.find((server) => server.resource === resource)?.name ?? resource;
  const resources = Object.entries(details.missingResourceScopes)
    .filter(([, scopes]) => scopes.length > 0)
    .map(([resource, scopes]) => ({ name: nameOf(resource), resource, scopes }));
  const requested = typeof details.params.scope === 'string' ? details.params.scope.split(' ').filter(Boolean) : [];
  const missingClaims = claimsBeyond(requested, details.missingClaims);
  if (details.missingScopes.length > 0 || missingClaims.length > 0 || resources.length > 0)
    return { scopes: details.missingScopes, claims: missingClaims, resources };

  const ofServers = servers
    .map(({ name, resource, scopes }) => ({ name, resource, scopes: requested.filter((scope) => scopes.includes(scope)) }))
    .filter(({ scopes }) => scopes.length > 0);
  return {
    scopes: requested.filter((scope) => !ofServers.some(({ scopes }) => scopes.includes(scope))),
    claims: claimsBeyond(requested, details.claims),
    resources: ofServers,
  };
};

/** The origin of the redirect URI, or the scheme that stands for an application on the machine of its person (RFC 8252 section 7.1). */
const originOf = (details: InteractionDetails): string | null => {
  if (details.device) return null;
  const [target] = returnTargets(details);
  if (target === undefined || !URL.canParse(target)) return details.client.name;
  const { origin, protocol } = new URL(target);
  return origin === 'null' ? protocol : origin;
};

const DAY_S = 86_400;

const rememberedOf = ({ client, params }: InteractionDetails) => ({
  askedAgain: client.isNative,
  daysAway: typeof params.scope === 'string' && params.scope.split(' ').includes('offline_access') ? LIFETIMES.grant / DAY_S : null,
});

/** `GET` and `POST /consent/<uid>`: asks whether the client gets what it wants. */
export const registerConsent = (
  app: App,
  options: {
    readonly interactions: Interactions;
    readonly accounts: Pick<Accounts, 'find'>;
    readonly resourceServers: readonly ResourceServer[];
    readonly emit: Emit;
  },
): void => {
  const { interactions, accounts, resourceServers, emit } = options;

  const accountOf = async (details: InteractionDetails) => {
    const account = details.session && (await accounts.find(details.session.accountId));
    if (account !== undefined) return account;
    throw new AppError('interaction-not-found', 404, 'You are no longer logged in.', {
      fix: 'Go back to the application and start again.',
    });
  };

  app.get('/consent/:uid', { schema: { params: interactionParams } }, async (request, reply) => {
    const details = await interactionAt(interactions, request, reply, 'consent');
    const { username } = await accountOf(details);
    const page = consentPage({
      action: formOf(request),
      csrfToken: reply.generateCsrf({ userInfo: formOf(request) }),
      clientName: details.client.name,
      username,
      returnTo: originOf(details),
      remembered: rememberedOf(details),
      ...wantedBy(details, resourceServers),
    });
    return reply.headers(pageHeaders(returnTargets(details))).send(renderHtml(page));
  });

  app.post(
    '/consent/:uid',
    { schema: { params: interactionParams, body: bodySchema }, preHandler: app.checkForm },
    async (request, reply) => {
      const details = await interactionAt(interactions, request, reply, 'consent');
      const { accountId } = await accountOf(details);
      const clientId = details.client.id;
      if (request.body.decision === 'other-account') {
        emit({ type: 'account-change-begun', accountId, clientId });
        return finish(reply, () => interactions.changeAccount(request.raw, reply.raw));
      }
      if (request.body.decision === 'deny') {
        emit({ type: 'consent-refused', accountId, clientId });
        return finish(reply, () => interactions.abort(request.raw, reply.raw));
      }
      emit({ type: 'consent-given', accountId, clientId });
      return finish(reply, () => interactions.finishConsent(request.raw, reply.raw));
    },
  );
};
