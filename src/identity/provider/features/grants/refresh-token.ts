import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Feature } from '../feature.ts';
import { LIFETIMES } from '../lifetimes.ts';

/** Seconds until the grant of a refresh token ends, when the request has loaded it. */
const grantRemaining = (ctx: KoaContextWithOIDC): number => Math.max(1, ctx.oidc.grant?.remainingTTL ?? LIFETIMES.refreshToken);

/** Refresh tokens, each for one use. @see RFC 6749 section 6, RFC 9700 section 4.14.2 */
export const refreshToken = (): Feature => ({
  configuration: {
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Without offline_access a refresh token ends with the session (OpenID Connect Core section 11).
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    ttl: { RefreshToken: (ctx) => Math.min(LIFETIMES.refreshToken, grantRemaining(ctx)) },
  },
});
