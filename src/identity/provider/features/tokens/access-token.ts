import { permissionsOfScopes } from '#identity/resource-servers/scopes.ts';
import { OPENID_SCOPES } from '../../records/client-metadata.ts';
import { type Owner, ownerOf } from '../../records/account-claims.ts';
import { grantReference } from '../../store/payload-hashes.ts';
import type { Feature } from '../feature.ts';
import { LIFETIMES } from '../lifetimes.ts';

/** The claims of an access token for a resource server beside the standard ones. @param scopes of the token */
export const resourceClaims = (owner: Owner, scopes: readonly string[]) => ({
  ...(owner.tenantId === null ? {} : { tenant_id: owner.tenantId }),
  roles: [...owner.roles],
  permissions: permissionsOfScopes(scopes.filter((scope) => scope !== '' && !OPENID_SCOPES.includes(scope))),
});

/** The claims of access tokens for resource servers beside the standard ones, and how long access tokens live. @see RFC 9068 */
export const accessToken = (): Feature => ({
  configuration: {
    extraTokenClaims: (ctx, token) => {
      const owner = ownerOf(ctx);
      if (token.aud === undefined || owner === undefined) return undefined;
      const grantId = 'grantId' in token ? token.grantId : undefined;
      const isJwt = token.resourceServer?.accessTokenFormat === 'jwt';
      const claims = 'claims' in token ? Object.keys(token.claims?.userinfo ?? {}) : [];
      return {
        ...resourceClaims(owner, token.scope?.split(' ') ?? []),
        ...(grantId !== undefined && isJwt ? { grant_id: grantReference(grantId) } : {}),
        // Nothing is kept of a JWT: it says itself what it opens at userinfo.
        ...(claims.length > 0 && isJwt ? { userinfo_claims: claims } : {}),
      };
    },
    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIMES.userinfoToken,
      ClientCredentials: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? LIFETIMES.userinfoToken,
    },
  },
});
