import type { KoaContextWithOIDC } from 'oidc-provider';

const PAGE = /(<script>[^]*?<\/script>)[^]*(<form method="post" action="([^"]*)">[^]*?)<noscript>[^]*?<\/noscript>/;

/** Trusted markup of oidc-provider: its form that is open still, and the script that posts it. */
export interface FormPost {
  readonly form: string;
  readonly script: string;
}

/** Our pages around such a form, by where it goes. */
export interface FormPostPages {
  /** An answer to the client, at its redirect URI. */
  readonly answer: (parts: FormPost) => string;
  /** The end of a session here, because its browser has logged in with another account. */
  readonly accountChange: (parts: FormPost) => string;
  /** A log-out that a client asks for, of nobody. */
  readonly nobodyLeft: (parts: FormPost) => string;
}

/**
 * Shows a page of ours in place of one that posts a form by itself.
 *
 * Why: oidc-provider's page is empty while its script runs, and for ever where no script runs or the policy of the page stops it. It
 * answers a request for the response mode `form_post` by it even where it refuses the mode, ends by it the session of somebody who
 * has logged in as somebody else, and goes on by it with a log-out where nobody is logged in.
 * Bends: the markup of the page, read in oidc-provider 9.13.3 (lib/response_modes/form_post.js,
 * lib/shared/authorization_error_handler.js, lib/actions/authorization/resume.js, lib/actions/end_session.js).
 * Held by: test/identity/provider/seams/form-post.test.ts and, for the change of an account, test/identity/pages/every-page.test.ts
 *
 * @returns whether the form goes to the redirect URI, which the policy of the page has to name
 * @see OAuth 2.0 Form Post Response Mode
 */
export const showFormPost = (ctx: KoaContextWithOIDC, pages: FormPostPages): boolean => {
  const { route, params } = ctx.oidc ?? {};
  const isResumed = route === 'resume' || route === 'device_resume';
  const isLogOut = route === 'end_session';
  if ((params?.response_mode !== 'form_post' && !isResumed && !isLogOut) || !ctx.response.is('html')) return false;
  const [, script, form, action] = PAGE.exec(String(ctx.body)) ?? [];
  if (script === undefined || form === undefined) return false;
  const isAccountChange = isResumed && action === ctx.oidc.urlFor('end_session_confirm');
  const page = isLogOut ? pages.nobodyLeft : isAccountChange ? pages.accountChange : pages.answer;
  ctx.body = page({ script, form });
  return !isAccountChange && !isLogOut;
};
