import type { KoaContextWithOIDC } from 'oidc-provider';

const MISSING = 'no client authentication mechanism provided';

/**
 * Answers a request that shows no client at all with `invalid_client`.
 *
 * Why: oidc-provider calls it `invalid_request`, and the standard names the case: "no client authentication included".
 * Bends: the description of that refusal, read in oidc-provider 9.13.3 (lib/shared/client_auth.js).
 * Held by: test/identity/provider/seams/client-missing.test.ts
 *
 * @see RFC 6749 section 5.2
 */
export const nameMissingClient = (ctx: KoaContextWithOIDC): void => {
  const body = ctx.body as { readonly error?: unknown; readonly error_description?: unknown } | null | undefined;
  if (body?.error !== 'invalid_request' || body.error_description !== MISSING) return;
  ctx.status = 401;
  ctx.set('www-authenticate', `Basic realm="${ctx.oidc.provider.issuer}"`);
  ctx.body = { error: 'invalid_client', error_description: MISSING };
};
