import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { ClientRecord } from '#identity/clients/client.ts';
import { recordOf } from '../records/client-metadata.ts';
import { signIntrospection } from './signed-introspection.ts';

export interface StructuredTokenAnswers {
  /** @returns the body of the answer */
  readonly introspection: (token: string, client: ClientRecord) => Promise<Readonly<Record<string, unknown>>>;
  /** @throws errors.OIDCProviderError that refuses the request */
  readonly revocation: (token: string, client: ClientRecord) => Promise<void>;
}

/**
 * Answers introspection and revocation of a JWT access token, after oidc-provider has authenticated the client and refused.
 *
 * Why: oidc-provider refuses structured tokens there; it keeps nothing of them.
 * Bends: the answer `unsupported_token_type`, which comes after client authentication, and `ctx.oidc.route`, read in oidc-provider
 * 9.13.3 (lib/shared/reject_structured_tokens.js, lib/actions/introspection.js, lib/actions/revocation.js).
 * Held by: test/identity/provider/seams/structured-tokens.test.ts
 */
export const answerStructuredTokens = async (ctx: KoaContextWithOIDC, answers: StructuredTokenAnswers): Promise<void> => {
  const { client, params, route } = ctx.oidc ?? {};
  const refusal = ctx.body as { readonly error?: unknown } | null | undefined;
  if (client === undefined || refusal?.error !== 'unsupported_token_type') return;
  const token = String(params?.token);
  if (route === 'introspection') {
    ctx.body = await answers.introspection(token, recordOf(client));
    ctx.status = 200;
    await signIntrospection(ctx);
  } else if (route === 'revocation') {
    try {
      await answers.revocation(token, recordOf(client));
      ctx.body = '';
      ctx.status = 200;
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      ctx.status = error.statusCode;
      ctx.body = { error: error.message, error_description: error.error_description };
    }
  }
};
