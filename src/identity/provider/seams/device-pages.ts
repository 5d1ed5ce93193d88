import type { KoaContextWithOIDC } from 'oidc-provider';
import { InternalError } from '#infra/apperr/app-error.ts';
import { askForScriptHashes } from './response-headers.ts';

const TOKEN = /<input type="hidden" name="xsrf" value="([0-9a-f]+)"\/>/;

/**
 * The token against foreign pages, out of a form of oidc-provider.
 *
 * Why: its form for the code has a field without a label and a handler that the policy of a page forbids, so that ours stands in its place;
 * the token is told nowhere else.
 * Bends: the markup of its forms, read in oidc-provider 9.13.3 (lib/helpers/user_code_form.js, lib/response_modes/form_post.js).
 * Held by: test/identity/provider/seams/device-pages.test.ts
 *
 * @throws InternalError when there is none
 */
export const tokenOfForm = (form: string): string => {
  const token = TOKEN.exec(form)?.[1];
  if (token === undefined) throw new InternalError('a form of oidc-provider has no xsrf token; read again what the seam names');
  return token;
};

/**
 * Shows the page that asks for a code, filled in, to somebody who comes with the code in the address.
 *
 * Why: oidc-provider's page is empty and posts the code by a script, so that the person finds himself on the next page without having done
 * anything, and on none where no script runs.
 * Bends: a GET of the route `code_verification` with `user_code`, read in oidc-provider 9.13.3 (lib/actions/code_verification.js).
 * Held by: test/identity/provider/seams/device-pages.test.ts
 *
 * @see RFC 8628 section 3.3.1
 */
export const fillInUserCode = (
  ctx: KoaContextWithOIDC,
  page: (view: { readonly token: string; readonly userCode: string }) => string,
): void => {
  const { route, params } = ctx.oidc ?? {};
  if (route !== 'code_verification' || ctx.method !== 'GET' || ctx.status !== 200 || typeof params?.user_code !== 'string') return;
  // No script runs on it.
  askForScriptHashes(ctx);
  ctx.body = page({ token: tokenOfForm(String(ctx.body)), userCode: params.user_code });
};

/**
 * Leaves a session of somebody who came without one as it is, on a page that has no form.
 *
 * Why: oidc-provider makes a token for the form on each of its error pages, after it has stored the session; a new session cannot be
 * stored any more then, and the answer is a bare 500.
 * Bends: `session.touched` and `session.exp`, read in oidc-provider 9.13.3 (lib/shared/error_handler.js, lib/helpers/initialize_app.js,
 * lib/models/session.js).
 * Held by: test/identity/provider/seams/device-pages.test.ts
 */
export const leaveNewSession = ({ oidc }: KoaContextWithOIDC): void => {
  const session = oidc.session as unknown as { readonly exp?: unknown; touched: boolean } | undefined;
  if (session !== undefined && session.exp === undefined) session.touched = false;
};
