import type { AccessToken, AuthorizationCode, DeviceCode, Grant, Provider, RefreshToken } from 'oidc-provider';
import { onEntity } from './on-entity.ts';

interface OidcContext {
  readonly route: string;
  readonly requestParamScopes: Set<string>;
  readonly params?: { readonly scope?: string | undefined } | undefined;
  readonly entities: {
    readonly Grant?: Grant;
    readonly AuthorizationCode?: AuthorizationCode;
    readonly DeviceCode?: DeviceCode;
    readonly RefreshToken?: RefreshToken;
  };
}

/**
 * Lets an access token for a resource server keep the scopes of OpenID Connect that were asked for and granted: they stand in the token
 * and in `scope` of the answer, and the token opens userinfo, with the claims that were asked for by name, too.
 *
 * Why: oidc-provider leaves a token either the scopes of its resource server or those of OpenID Connect, so the answer says less than was
 * granted (RFC 6749 section 5.1), and client libraries that ask userinfo with the token that they have got are refused.
 * Bends: `OIDCContext.prototype.entity`, by which the access token is taken up before it is saved and told, read in oidc-provider 9.13.3
 * (lib/helpers/grant_common.js, lib/actions/grants/refresh_token.js).
 * Held by: test/identity/provider/seams/openid-scopes.test.ts
 */
export const keepOpenidScopes = (provider: Provider): void => {
  onEntity(provider, (context: OidcContext, name, entity) => {
    if (name !== 'AccessToken' || context.route !== 'token') return;
    const token = entity as AccessToken;
    const { Grant, AuthorizationCode, DeviceCode, RefreshToken } = context.entities;
    if (token.resourceServer === undefined || Grant === undefined) return;
    const source = RefreshToken ?? AuthorizationCode ?? DeviceCode;
    token.claims = source?.claims;
    const asked = context.params?.scope === undefined ? source?.scopes : context.requestParamScopes;
    const granted = Grant.getOIDCScopeFiltered(asked ?? new Set());
    token.scope = [granted, token.scope].filter(Boolean).join(' ');
  });
};
