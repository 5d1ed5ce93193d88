import type { JWK } from 'jose';
import type { Account, AdapterFactory, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { errorPage } from '#identity/pages/error-page.ts';
import { loggedOutPage, logoutPage } from '#identity/pages/logout-page.ts';
import { OPENID_SCOPES, RECORD_PROPERTY, recordOf } from './client-metadata.ts';
import type { CookieKeys } from './cookie-keys.ts';
import { createInteractionPolicy } from './interaction-policy.ts';
import { mayIntrospect } from './jwt-tokens.ts';
import type { AccountClaims, AccountLookup, ResourceServer } from './lookups.ts';
import { accountOf, createResourceIndicators } from './resource-indicators.ts';
import { ROUTES } from './routes.ts';
import { fineScopes } from './scopes.ts';
import { grantReference } from './store/payloads.store.ts';

export interface ConfigurationOptions {
  readonly adapter: AdapterFactory;
  readonly accounts: AccountLookup;
  readonly cookieKeys: CookieKeys;
  readonly corsOrigins: readonly string[];
  readonly interactionPath: (prompt: 'login' | 'consent', uid: string) => string;
  readonly resourceServers: readonly ResourceServer[];
  /** Private JWKs, the one that signs first. */
  readonly signingKeys: readonly [JWK, ...JWK[]];
}

const MINUTE_S = 60;
const DAY_S = 86_400;

/** Seconds. A grant outlives its refresh tokens: it is the end of the whole family. */
export const LIFETIMES = {
  authorizationCode: MINUTE_S,
  grant: 30 * DAY_S,
  idToken: 60 * MINUTE_S,
  interaction: 30 * MINUTE_S,
  refreshToken: 14 * DAY_S,
  session: DAY_S,
  userinfoToken: 10 * MINUTE_S,
} as const;

const toAccount = (record: AccountClaims): Account => ({
  accountId: record.accountId,
  record,
  claims: () => ({
    sub: record.accountId,
    preferred_username: record.username,
    name: record.name,
    email: record.email,
    tenant_id: record.tenantId,
    roles: [...record.roles],
  }),
});

const ofOwner = (ctx: KoaContextWithOIDC): { tenantId: string | null; roles: readonly string[] } | undefined =>
  accountOf(ctx.oidc.account) ?? (ctx.oidc.client && recordOf(ctx.oidc.client));

/** Seconds until the grant of a refresh token ends, when the request has loaded it. */
const grantRemaining = (ctx: KoaContextWithOIDC): number => Math.max(1, ctx.oidc.grant?.remainingTTL ?? LIFETIMES.refreshToken);

/**
 * The whole configuration of oidc-provider; everything that it would warn about, or choose for itself, is chosen here.
 *
 * @see OAuth 2.1, RFC 9700
 */
export const createConfiguration = (options: ConfigurationOptions): Configuration => {
  const { accounts, corsOrigins, resourceServers, signingKeys } = options;
  const resources = createResourceIndicators(resourceServers, String(signingKeys[0].kid));
  const jwtResources = new Set(resourceServers.filter((server) => server.tokenFormat === 'jwt').map((server) => server.resource));

  return {
    adapter: options.adapter,
    jwks: { keys: [...signingKeys] },
    routes: ROUTES,
    cookies: {
      names: { session: '__Host-passthru-session', interaction: '__Secure-passthru-interaction', resume: '__Secure-passthru-resume' },
      keys: options.cookieKeys,
      long: { signed: true, httpOnly: true, secure: true, sameSite: 'lax', path: '/' },
      short: { signed: true, httpOnly: true, secure: true, sameSite: 'lax' },
    },

    responseTypes: ['code'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    extraClientMetadata: { properties: [RECORD_PROPERTY] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clockTolerance: 0,
    clientBasedCORS: (_ctx, origin) => corsOrigins.includes(origin),
    fetch: () => Promise.reject(new Error('Identity sends no requests')),

    scopes: ['openid', 'offline_access'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'tenant_id', 'roles'], email: ['email'] },
    discovery: {
      scopes_supported: [...OPENID_SCOPES],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    },

    findAccount: async (_ctx, accountId) => {
      const record = await accounts.find(accountId);
      return record && toAccount(record);
    },

    interactions: {
      policy: createInteractionPolicy(),
      url: (_ctx, interaction) => options.interactionPath(interaction.prompt.name === 'consent' ? 'consent' : 'login', interaction.uid),
    },

    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Without offline_access a refresh token ends with the session (OpenID Connect Core section 11).
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    revokeGrantPolicy: (ctx) => !(ctx.oidc.route === 'revocation' && ctx.oidc.entities.AccessToken !== undefined),

    extraTokenClaims: (ctx, token) => {
      const owner = ofOwner(ctx);
      if (token.aud === undefined || owner === undefined) return undefined;
      const grantId = 'grantId' in token ? token.grantId : undefined;
      return {
        ...(owner.tenantId === null ? {} : { tenant_id: owner.tenantId }),
        roles: [...owner.roles],
        permissions: fineScopes(token.scope?.split(' ').filter(Boolean) ?? []),
        ...(grantId !== undefined && jwtResources.has(String(token.aud)) ? { grant_id: grantReference(grantId) } : {}),
      };
    },

    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIMES.userinfoToken,
      ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIMES.userinfoToken,
      AuthorizationCode: LIFETIMES.authorizationCode,
      Grant: LIFETIMES.grant,
      IdToken: LIFETIMES.idToken,
      Interaction: LIFETIMES.interaction,
      RefreshToken: (ctx) => Math.min(LIFETIMES.refreshToken, grantRemaining(ctx)),
      Session: LIFETIMES.session,
    },

    renderError: (ctx, out) => {
      ctx.type = 'html';
      ctx.body = errorPage({ code: out.error, message: out.error_description ?? 'The request was refused.' });
    },

    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      userinfo: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, ...resources },
      introspection: {
        enabled: true,
        allowedPolicy: async (_ctx, client, token) => {
          const audience = 'aud' in token ? [token.aud ?? []].flat() : [];
          if (!mayIntrospect(recordOf(client), { clientId: token.clientId, audience })) return false;
          return !('accountId' in token) || token.accountId === undefined || (await accounts.find(token.accountId)) !== undefined;
        },
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx, client, token) => {
          if (token.clientId === client.clientId) return true;
          throw new errors.InvalidRequest('client is not authorized to revoke the presented token');
        },
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = logoutPage({ form, clientName: ctx.oidc.client?.clientName });
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.body = loggedOutPage({ clientName: ctx.oidc.client?.clientName });
        },
      },
    },
  };
};
