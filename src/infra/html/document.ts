import { type Html, type HtmlValue, markup } from './html.ts';

/** A whole document around the content of one page: language, viewport, icon, one style sheet, one `main`; no script, nothing inline. */
export const htmlDocument = (page: {
  readonly title: string;
  /** Path of an SVG icon; without one a browser asks for /favicon.ico and reports an error. */
  readonly icon: string;
  readonly stylesheet: string;
  /** `wide` for tables, `roomy` for lists of names and addresses; by default a page is as wide as a form. */
  readonly width?: 'roomy' | 'wide';
  readonly content: HtmlValue;
}): Html => markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${page.title}</title>
<link rel="icon" href="${page.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${page.stylesheet}">
</head>
<body${page.width !== undefined && markup` class="${page.width}"`}>
<main>
${page.content}
</main>
</body>
</html>
`;
