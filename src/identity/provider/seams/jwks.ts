import type { JWK } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';

/**
 * Publishes our own list of public keys.
 *
 * Why: oidc-provider shows the members that it knows, and `signs_until` is ours.
 * Bends: the body of the route `jwks`, read in oidc-provider 9.13.3 (lib/actions/jwks.js).
 * Held by: test/identity/provider/seams/jwks.test.ts
 */
export const publishKeys = (ctx: KoaContextWithOIDC, keys: readonly JWK[]): void => {
  if (ctx.oidc?.route === 'jwks' && ctx.status === 200) ctx.body = { keys };
};
