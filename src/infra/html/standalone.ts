import { createHash } from 'node:crypto';
import { type Html, type HtmlValue, markup, trustedHtml } from './html.ts';
import { ICON } from './look.ts';

/**
 * The policy of a page that is a file: its own style sheet by its digest, pictures that it carries itself, and nothing else: no script, no
 * network, no form. `frame-ancestors` has no effect in a `meta` element.
 *
 * @see CSP Level 3 sections 3.3 and 6.6.3
 */
const policyFor = (style: string): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/**
 * A document that stands alone: one file that a browser shows from a disk or as an artefact of a pipeline, without a server, a network
 * or a script.
 *
 * @param page.style a style sheet; no value in it comes from outside
 */
export const standaloneDocument = (page: { readonly title: string; readonly style: string; readonly body: HtmlValue }): Html => {
  const style = `\n${page.style}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
<title>${page.title}</title>
<link rel="icon" href="data:image/svg+xml;base64,${Buffer.from(ICON).toString('base64')}">
<style>${trustedHtml(style)}</style>
</head>
<body>
${page.body}
</body>
</html>
`;
};
