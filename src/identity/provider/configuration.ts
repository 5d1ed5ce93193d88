import type { JWK } from 'jose';
import type { AdapterFactory, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { InternalError } from '#infra/apperr/app-error.ts';
import { renderHtml } from '#infra/html/html.ts';
import { logInCounts } from '#identity/accounts/account.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { SigningAlgorithm } from '#identity/keys/signing-algorithms.ts';
import type { Outgoing } from '#identity/outgoing/outgoing.ts';
import { errorPage } from '#identity/views/error-page.ts';
import type { CookieKeys } from './cookie-keys.ts';
import type { Feature } from './features/feature.ts';
import { LIFETIMES } from './features/lifetimes.ts';
import { refusalView } from './interactions/refusal-view.ts';
import { createInteractionPolicy } from './interactions/interaction-policy.ts';
import { fetchClientKeys } from './seams/client-keys.ts';
import { EXTERNAL_SIGNING, providerKey } from './seams/ml-dsa-keys.ts';
import { interactionLife, type OpenInteractions } from './seams/open-interactions.ts';
import { sessionCookieName } from './session-cookie.ts';
import { recordOf } from './records/client-metadata.ts';
import { toAccount } from './records/account-claims.ts';

export interface ConfigurationOptions {
  /** For which a client may ask, ES256 included. */
  readonly algorithms: readonly SigningAlgorithm[];
  readonly adapter: AdapterFactory;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly cookieKeys: CookieKeys;
  readonly corsOrigins: readonly string[];
  readonly features: readonly Feature[];
  readonly fetch: Outgoing['fetch'];
  readonly issuer: string;
  readonly interactionPath: (prompt: 'login' | 'consent', uid: string) => string;
  readonly openInteractions: Pick<OpenInteractions, 'open'>;
  /** Private JWKs, the one that signs first. */
  readonly signingKeys: readonly [JWK, ...JWK[]];
}

/** Seconds: openid-client, for one, says that an assertion is not good before the moment at which it was made. */
export const CLOCK_TOLERANCE_S = 10;

/** When the person of a session, a code or a refresh token logged in, in seconds; an access token counts by its grant alone. */
const timeOfLogIn = ({ oidc }: KoaContextWithOIDC, token: object | undefined): number | undefined => {
  if (token === undefined) return oidc.session?.loginTs;
  return 'authTime' in token && typeof token.authTime === 'number' ? token.authTime : Number.POSITIVE_INFINITY;
};

/** The configuration that belongs to no feature: keys, cookies, sessions, interactions, and what is off. */
const commonConfiguration = (options: ConfigurationOptions): Configuration => ({
  adapter: options.adapter,
  jwks: { keys: options.signingKeys.map(providerKey) },
  cookies: {
    names: { session: sessionCookieName(options.issuer), interaction: '__Secure-passthru-interaction', resume: '__Secure-passthru-resume' },
    keys: options.cookieKeys,
    long: { signed: true, httpOnly: true, secure: true, sameSite: 'lax', path: '/' },
    short: { signed: true, httpOnly: true, secure: true, sameSite: 'lax' },
  },
  enabledJWA: { idTokenSigningAlgValues: [...options.algorithms], introspectionSigningAlgValues: [...options.algorithms] },
  // For clocks of clients. What we made ends at its second by the store and by oidc-provider's own checks.
  clockTolerance: CLOCK_TOLERANCE_S,
  clientBasedCORS: (_ctx, origin, client) => options.corsOrigins.includes(origin) || recordOf(client).corsOrigins.includes(origin),
  fetch: fetchClientKeys((to, init = {}) => options.fetch(to instanceof Request ? to.url : to, init)),
  scopes: ['openid', 'offline_access'],
  findAccount: async (ctx, accountId, token) => {
    const record = await options.accounts.find(accountId);
    return record !== undefined && logInCounts(record, timeOfLogIn(ctx, token)) ? toAccount(record) : undefined;
  },
  interactions: {
    policy: createInteractionPolicy(),
    url: (_ctx, interaction) => options.interactionPath(interaction.prompt.name === 'consent' ? 'consent' : 'login', interaction.uid),
  },
  ttl: {
    Grant: LIFETIMES.grant,
    IdToken: LIFETIMES.idToken,
    Interaction: interactionLife(LIFETIMES.interaction, options.openInteractions),
    Session: LIFETIMES.session,
  },
  renderError: (ctx, out, error) => {
    ctx.type = 'html';
    ctx.body = renderHtml(errorPage(refusalView(ctx, out, error)));
  },
  features: {
    devInteractions: { enabled: false },
    externalSigningSupport: EXTERNAL_SIGNING,
  },
});

/**
 * The whole configuration of oidc-provider: the common part and that of every feature. Everything that oidc-provider would warn about,
 * or choose for itself, is chosen here or there.
 *
 * @throws InternalError when two parts set the same member: one would win without a word
 * @see OAuth 2.1, RFC 9700
 */
export const createConfiguration = (options: ConfigurationOptions): Configuration => {
  const parts = [commonConfiguration(options), ...options.features.map((feature) => feature.configuration)];
  const merged = Object.fromEntries(
    MERGED.map((member) => [
      member,
      disjoint(
        parts.map((part) => part[member] ?? {}),
        `${member}.`,
      ),
    ]),
  );
  const alone = parts.map((part) => Object.fromEntries(Object.entries(part).filter(([member]) => !Object.hasOwn(merged, member))));
  return { ...disjoint(alone), ...merged };
};

const MERGED = ['features', 'routes', 'ttl', 'discovery', 'enabledJWA'] as const satisfies readonly (keyof Configuration)[];

/** All members in one object. */
const disjoint = (parts: readonly object[], prefix = ''): object => {
  const members = parts.flatMap((part) => Object.entries(part));
  const twice = members.find(([name], index) => members.findIndex(([other]) => other === name) < index);
  if (twice !== undefined) throw new InternalError(`two parts of the provider's configuration set ${prefix}${twice[0]}`);
  return Object.fromEntries(members);
};
