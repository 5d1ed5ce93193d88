import type { HtmlValue } from './html.ts';
import { markup, renderHtml } from './html.ts';
import { ICON_PATH, STYLESHEET_URL } from './stylesheet.ts';

export interface Layout {
  readonly title: string;
  readonly content: HtmlValue;
}

/** A whole document around one page's content: language, viewport, style sheet, one `main`. */
export const layout = ({ title, content }: Layout): string =>
  renderHtml(markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · passthru Identity</title>
<link rel="icon" href="${ICON_PATH}" type="image/svg+xml">
<link rel="stylesheet" href="${STYLESHEET_URL}">
</head>
<body>
<main>
<p class="brand">passthru Identity</p>
${content}
</main>
</body>
</html>
`);

/** An error of a form, read out by a screen reader when the page opens. */
export const alert = (text: string | undefined): HtmlValue =>
  text !== undefined && markup`<p class="alert" id="problem" role="alert">${text}</p>`;
