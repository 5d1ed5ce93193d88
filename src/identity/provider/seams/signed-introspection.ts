import type { KoaContextWithOIDC } from 'oidc-provider';

/** @see RFC 9701 section 5 */
export const SIGNED_INTROSPECTION = 'application/token-introspection+jwt';

interface IdToken {
  extra: Readonly<Record<string, unknown>>;
  issue(options: { readonly use: 'introspection' }): Promise<string>;
}
type IdTokens = new (available: object, options: { readonly ctx: KoaContextWithOIDC }) => IdToken;

/**
 * Signs an answer about a token for the client that asked, where it asked for that.
 *
 * Why: oidc-provider signs the answers that it makes; those about JWT access tokens are ours.
 * Bends: `IdToken.prototype.issue` with the use `introspection`, which signs by the algorithm of the client; read in oidc-provider 9.13.3
 * (lib/actions/introspection.js, lib/models/id_token.js).
 * Held by: test/identity/provider/signed-introspection.test.ts
 *
 * @see RFC 9701 section 5
 */
export const signIntrospection = async (ctx: KoaContextWithOIDC): Promise<void> => {
  if (ctx.accepts('json', SIGNED_INTROSPECTION) !== SIGNED_INTROSPECTION) return;
  const answer = new (ctx.oidc.provider.IdToken as unknown as IdTokens)({}, { ctx });
  answer.extra = { token_introspection: ctx.body };
  ctx.body = await answer.issue({ use: 'introspection' });
  ctx.type = SIGNED_INTROSPECTION;
};
