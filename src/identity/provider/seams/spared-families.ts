import type { Provider } from 'oidc-provider';
import { onEntity } from './on-entity.ts';

interface OidcContext {
  readonly route: string;
}

/**
 * Ends an access token that is revoked, and nothing else of its family: the other tokens and the refresh token go on. So it is for both
 * formats; the revocation of a JWT is our own (`structured-tokens.ts`).
 *
 * Why: oidc-provider ends every token of the grant with an opaque access token, and lets a policy of ours spare the grant alone, of which
 * no token is left.
 * Bends: `OIDCContext.prototype.entity`, by which the token is taken up before it is destroyed, and its `grantId`, by which its family is
 * found afterwards, read in oidc-provider 9.13.3 (lib/actions/revocation.js, lib/helpers/revoke.js).
 * Held by: test/identity/provider/seams/spared-families.test.ts
 *
 * @see RFC 7009 section 2.1
 */
export const spareFamilies = (provider: Provider): void => {
  onEntity(provider, ({ route }: OidcContext, name, entity) => {
    if (name === 'AccessToken' && route === 'revocation') (entity as { grantId?: string | undefined }).grantId = undefined;
  });
};
