/** The policy of every page: only our style sheet, no script, no frame, no inline anything. */
const BASE = ["default-src 'none'", "style-src 'self'", "img-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"] as const;

const formTarget = (redirectUri: string): string | null => {
  if (!URL.canParse(redirectUri)) return null;
  const { origin, protocol } = new URL(redirectUri);
  // A private-use scheme (RFC 8252 section 7.1) has no origin; the scheme alone is its source expression.
  const target = origin === 'null' ? protocol : origin;
  return /^[a-z][a-z0-9+.-]*:(\/\/[\w.:[\]-]+)?$/i.test(target) ? target : null;
};

/**
 * The Content-Security-Policy of a page.
 *
 * @param formTargets redirect URIs that the answer to the page's form may lead to: Chromium applies
 *   `form-action` to the redirects after a form was posted, so the client's origin must be in it
 * @param scripts of ours that the page has inline, each by its hash; none by default
 * @see CSP Level 3 section 6.4.1
 */
export const contentPolicy = (formTargets: readonly string[] = [], scripts: readonly string[] = []): string => {
  const targets = [...new Set(formTargets.map(formTarget).filter((target) => target !== null))];
  const script = scripts.length === 0 ? [] : [`script-src ${scripts.join(' ')}`];
  return [...BASE, ...script, `form-action ${["'self'", ...targets].join(' ')}`].join('; ');
};

/** Headers of every page: never kept, never framed, never read as anything but HTML. */
export const pageHeaders = (formTargets: readonly string[] = [], scripts: readonly string[] = []): Record<string, string> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': contentPolicy(formTargets, scripts),
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
});
