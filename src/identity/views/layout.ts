import { htmlDocument } from '#infra/html/document.ts';
import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { ICON_PATH, STYLESHEET_URL } from '#infra/html/look.ts';

const PRODUCT = 'passthru Identity';

/** A link that leads on from a page. */
export interface Way {
  /** A path of this server. */
  readonly href: string;
  readonly text: string;
}

/** The way on from a page that knows no better one. */
export const ABOUT: Way = { href: '/', text: 'About this server' };

/**
 * The frame of every page. Views are functions from data to HTML, one page a file: they know no request, no session and no service, so that
 * routes (`pages/`), the provider and tests call them alike. A page names its scopes by `scope-words.ts`; its one style sheet
 * is that of `infra/html/look.ts`.
 *
 * Nobody is left standing: a page has a form that leads on, or `ways`, and the name of the product leads to the start.
 *
 * @param page.title for the tab of the browser, which shows the product beside it; the content has the one `h1`
 * @param page.width as wide as a form where it is absent
 * @param page.ways links below the content
 */
export const layout = (page: {
  readonly title: string;
  readonly width?: 'roomy';
  readonly content: HtmlValue;
  readonly ways?: readonly Way[];
}): Html => {
  const { title, width, content, ways = [] } = page;
  return htmlDocument({
    title: `${title} · ${PRODUCT}`,
    icon: ICON_PATH,
    stylesheet: STYLESHEET_URL,
    ...(width === undefined ? {} : { width }),
    content: markup`<p class="brand"><a href="/">${PRODUCT}</a></p>
${content}${ways.length > 0 && markup`\n<p class="ways">${ways.map(({ href, text }) => markup`<a href="${href}">${text}</a>`)}</p>`}`,
  });
};

/** An error of a form, read out by a screen reader when the page opens. */
export const alert = (text: string | undefined): HtmlValue =>
  text !== undefined && markup`<p class="alert" id="problem" role="alert">${text}</p>`;

/** What was done before this page, said by a screen reader as well. */
export const status = (text: string | undefined): HtmlValue => text !== undefined && markup`<p class="outcome" role="status">${text}</p>\n`;
