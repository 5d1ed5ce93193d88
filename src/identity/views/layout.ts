import { htmlDocument } from '#infra/html/document.ts';
import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { ICON_PATH, STYLESHEET_URL } from '#infra/html/look.ts';

const PRODUCT = 'passthru Identity';

/**
 * The frame of every page. Views are functions from data to HTML, one page a file: they know no request, no session and no service, so that
 * routes (`pages/`), the provider and tests call them alike. A page names its scopes by `scope-words.ts`; its one style sheet
 * is that of `infra/html/look.ts`.
 */
export const layout = ({ title, content }: { readonly title: string; readonly content: HtmlValue }): Html =>
  htmlDocument({
    title: `${title} · ${PRODUCT}`,
    icon: ICON_PATH,
    stylesheet: STYLESHEET_URL,
    content: markup`<p class="brand">${PRODUCT}</p>
${content}`,
  });

/** An error of a form, read out by a screen reader when the page opens. */
export const alert = (text: string | undefined): HtmlValue =>
  text !== undefined && markup`<p class="alert" id="problem" role="alert">${text}</p>`;
