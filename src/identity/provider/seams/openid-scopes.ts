import type { AccessToken, AuthorizationCode, Grant, Provider, RefreshToken } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

interface OidcContext {
  readonly route: string;
  readonly requestParamScopes: Set<string>;
  readonly params?: { readonly scope?: string | undefined } | undefined;
  readonly entities: {
    readonly Grant?: Grant;
    readonly AuthorizationCode?: AuthorizationCode;
    readonly RefreshToken?: RefreshToken;
  };
}
type Entity = (this: OidcContext, name: string, value: unknown) => void;

/**
 * Lets an access token for a resource server keep the scopes of OpenID Connect that were asked for and granted: they stand in the token
 * and in `scope` of the answer, and the token opens userinfo.
 *
 * Why: oidc-provider leaves a token either the scopes of its resource server or those of OpenID Connect, so the answer says less than was
 * granted (RFC 6749 section 5.1), and client libraries that ask userinfo with the token that they have got are refused.
 * Bends: `OIDCContext.prototype.entity`, by which the access token is taken up before it is saved and told, read in oidc-provider 9.13.3
 * (lib/helpers/grant_common.js, lib/actions/grants/refresh_token.js).
 * Held by: test/identity/provider/seams/openid-scopes.test.ts
 */
export const keepOpenidScopes = (provider: Provider): void => {
  replaceMethod<Entity>(
    provider.OIDCContext.prototype,
    'entity',
    (entity) =>
      function (this: OidcContext, name: string, value: unknown) {
        entity.call(this, name, value);
        if (name !== 'AccessToken' || this.route !== 'token') return;
        const token = value as AccessToken;
        const { Grant, AuthorizationCode, RefreshToken } = this.entities;
        if (token.resourceServer === undefined || Grant === undefined) return;
        const asked = this.params?.scope === undefined ? (RefreshToken ?? AuthorizationCode)?.scopes : this.requestParamScopes;
        const granted = Grant.getOIDCScopeFiltered(asked ?? new Set());
        token.scope = [granted, token.scope].filter(Boolean).join(' ');
      },
  );
};
