import { createHash } from 'node:crypto';
import { markup, renderHtml, trustedHtml } from '#infra/html/html.ts';
import { COLOURS } from '#infra/html/look.ts';

const STYLE = `${COLOURS}
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground); }
main { max-width: 34rem; margin: 15vh auto 0; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; }`;

/** Nothing is loaded, run or sent by such a page; its one style is known by its hash. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** The page on which a browser ends: how it went, in two sentences. */
export const returnedPage = (title: string, text: string): string =>
  renderHtml(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${trustedHtml(STYLE)}</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p></main></body>
</html>
`);
