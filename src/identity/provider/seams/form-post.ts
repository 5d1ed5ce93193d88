import type { KoaContextWithOIDC } from 'oidc-provider';

const PAGE = /(<script>[^]*?<\/script>)[^]*(<form method="post" action="[^"]*">[^]*?)<noscript>[^]*?<\/noscript>/;

/** Trusted markup of oidc-provider: its form that is open still, and the script that posts it. */
export interface FormPost {
  readonly form: string;
  readonly script: string;
}

/**
 * Shows a page of ours in place of the one that posts an answer to the redirect URI.
 *
 * Why: oidc-provider's page is empty while its script runs, and for ever where no script runs or the policy of the page stops it. It
 * answers a request for this response mode by it even where it refuses the mode.
 * Bends: the markup of the page, read in oidc-provider 9.13.3 (lib/response_modes/form_post.js,
 * lib/shared/authorization_error_handler.js).
 * Held by: test/identity/provider/seams/form-post.test.ts
 *
 * @returns whether the answer is such a page: its form goes to the redirect URI, which the policy of the page has to name
 * @see OAuth 2.0 Form Post Response Mode
 */
export const showFormPost = (ctx: KoaContextWithOIDC, page: (parts: FormPost) => string): boolean => {
  if (ctx.oidc?.params?.response_mode !== 'form_post' || !ctx.response.is('html')) return false;
  const [, script, form] = PAGE.exec(String(ctx.body)) ?? [];
  if (script === undefined || form === undefined) return false;
  ctx.body = page({ script, form });
  return true;
};
