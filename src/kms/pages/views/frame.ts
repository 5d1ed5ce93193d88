import { htmlDocument } from '#infra/html/document.ts';
import { type Html, type HtmlValue, markup } from '#infra/html/html.ts';
import { ICON_PATH, STYLESHEET_URL } from '#infra/html/look.ts';

const PRODUCT = 'passthru KMS';

/** Whose page it is. */
export interface Who {
  readonly username: string;
  readonly tenant: string;
  readonly roles: readonly string[];
  readonly csrfToken: string;
  /** Path of the Swagger UI; null where there is none. */
  readonly swagger: string | null;
}

/**
 * The frame of every page. Views are functions from data to HTML, as those of Identity: they know no request and no service. Nothing in
 * them needs a script.
 *
 * @param page.wide for tables
 */
export const frame = (page: { readonly title: string; readonly wide?: boolean; readonly content: HtmlValue }): Html =>
  htmlDocument({
    title: `${page.title} · ${PRODUCT}`,
    icon: ICON_PATH,
    stylesheet: STYLESHEET_URL,
    ...(page.wide === true ? { width: 'wide' } : {}),
    content: markup`<p class="brand">${PRODUCT}</p>
${page.content}`,
  });

/** The hidden field by which the server knows a form of its own. */
export const csrfField = (token: string): Html => markup`<input type="hidden" name="_csrf" value="${token}">`;

/** An error of a form, read out by a screen reader when the page opens. */
export const alert = (text: string | undefined): HtmlValue =>
  text !== undefined && markup`<p class="alert" id="problem" role="alert">${text}</p>`;

/** A page of somebody who is logged in: who he is, where he can go, and the way out. */
export const signedIn = (who: Who, page: { readonly title: string; readonly content: HtmlValue }): Html =>
  frame({
    title: page.title,
    wide: true,
    content: markup`<header class="bar">
<p class="who">Logged in as <strong>${who.username}</strong>, tenant <strong>${who.tenant}</strong>${who.roles.length > 0 && markup` <span class="muted">(${who.roles.join(', ')})</span>`}</p>
<nav aria-label="Pages"><a href="/ui/">Keys</a>${who.swagger !== null && markup` <a href="${who.swagger}">Swagger UI</a>`}</nav>
<form method="post" action="/ui/log-out">${csrfField(who.csrfToken)}<button type="submit">Log out</button></form>
</header>
${page.content}`,
  });
