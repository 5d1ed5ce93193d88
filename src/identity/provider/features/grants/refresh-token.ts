import type { Client, KoaContextWithOIDC, RefreshToken } from 'oidc-provider';
import type { Feature } from '../feature.ts';
import { recordOf } from '../../records/client-metadata.ts';
import { LIFETIMES } from '../lifetimes.ts';

/** Seconds until the grant of a refresh token ends, when the request has loaded it. */
const grantRemaining = (ctx: KoaContextWithOIDC): number => ctx.oidc.grant?.remainingTTL ?? LIFETIMES.refreshToken;

/**
 * Seconds until the session ends that a refresh token lives by, as it was when its code was made; so introspection says no more than is
 * so. A session that is used lives longer, and gives another code.
 */
const sessionRemaining = ({ expiresWithSession, iiat }: RefreshToken, now: number): number =>
  expiresWithSession === true ? LIFETIMES.session - LIFETIMES.authorizationCode - (now - (iiat ?? now)) : Number.POSITIVE_INFINITY;

/** Whether each refresh token of a client is for one use. */
export const rotatesFor = (client: Client): boolean => recordOf(client).keepsRefreshTokens !== true;

/**
 * Refresh tokens, each for one use, or each until its end for a client that wants it so and proves itself by a key.
 *
 * @param now epoch milliseconds
 * @see RFC 6749 section 6, RFC 9700 section 4.14.2, FAPI 2.0 Security Profile section 5.3.2.1
 */
export const refreshToken = (now: () => number): Feature => ({
  configuration: {
    rotateRefreshToken: ({ oidc }) => oidc.client === undefined || rotatesFor(oidc.client),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Without offline_access a refresh token ends with the session (OpenID Connect Core section 11).
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    ttl: {
      RefreshToken: (ctx, token) =>
        Math.max(1, Math.min(LIFETIMES.refreshToken, grantRemaining(ctx), sessionRemaining(token, Math.floor(now() / 1000)))),
    },
  },
});
