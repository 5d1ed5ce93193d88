import type { KoaContextWithOIDC } from 'oidc-provider';
import { pageHeaders } from '#infra/html/content-policy.ts';

const POLICY = 'content-security-policy';
/** Of every answer that is no page. */
export const PROGRAM_HEADERS = { [POLICY]: "default-src 'none'; frame-ancestors 'none'", 'x-content-type-options': 'nosniff' } as const;

/**
 * Makes oidc-provider name its own scripts by their hashes. Called before it answers; `secureHeaders` reads them.
 *
 * Why: two of its pages post their form by a script, and the policy of a page forbids every other script.
 * Bends: oidc-provider adds a hash to the directive `script-src` of a policy that is there already, read in oidc-provider 9.13.3
 * (lib/helpers/script_src_sha.js).
 * Held by: test/identity/provider/seams/response-headers.test.ts
 */
export const askForScriptHashes = (ctx: KoaContextWithOIDC): void => ctx.set(POLICY, 'script-src');

/**
 * Sets the headers of every answer; no cache keeps one that says nothing of it. A page may post to us and, through our redirect, reach the client that started it; of scripts only
 * those run that oidc-provider named by hash.
 *
 * Why: oidc-provider sets no security headers. Chromium applies `form-action` to redirects too.
 * Bends: the redirect URIs in `ctx.oidc.params` (log-out, an answer by a form) and `ctx.oidc.entities.Interaction` (resumption), read in oidc-provider 9.13.3
 * (lib/actions/end_session.js, lib/actions/authorization/interactions.js).
 * Held by: test/identity/provider/seams/response-headers.test.ts
 */
export const secureHeaders = (ctx: KoaContextWithOIDC, isFormPost = false): void => {
  if (!ctx.response.is('html')) {
    ctx.set({ ...PROGRAM_HEADERS });
    if (!ctx.res.hasHeader('cache-control')) ctx.set('cache-control', 'no-store');
    return;
  }
  const script = ctx.response
    .get(POLICY)
    .split(';')
    .find((part) => part.trim().startsWith("script-src '"));
  const targets = [
    // An error may be about this very address: it is nobody's then.
    ctx.status < 400 ? ctx.oidc?.params?.post_logout_redirect_uri : undefined,
    ctx.oidc?.entities.Interaction?.params.redirect_uri,
    ...(isFormPost ? [ctx.oidc?.params?.redirect_uri] : []),
  ];
  const headers = pageHeaders(targets.filter((target) => typeof target === 'string'));
  ctx.set(headers);
  if (script !== undefined) ctx.set(POLICY, `${headers[POLICY]}; ${script.trim()}`);
};

/**
 * Lets scripts of known origins alone read an answer, and ask whether they may send a request; `public-documents.ts` opens what is for
 * everybody. Which origin may read answers to which client, that oidc-provider asks once it knows the client (`clientBasedCORS`).
 *
 * Why: oidc-provider opens discovery and JWKS to every origin, and names any origin before it asks whether the client may use it.
 * Bends: headers `access-control-*`, read in oidc-provider 9.13.3 (lib/shared/cors.js).
 * Held by: test/identity/provider/seams/response-headers.test.ts
 */
export const withholdFromOrigins = async (ctx: KoaContextWithOIDC, mayRead: (origin: string) => Promise<boolean>): Promise<void> => {
  const origin = ctx.get('origin');
  if (origin !== '' && (await mayRead(origin))) return;
  for (const name of Object.keys(ctx.response.headers)) if (name.startsWith('access-control-')) ctx.remove(name);
};
