import { type HtmlValue, markup } from '#infra/html/html.ts';

/** Where a form goes, and its token. */
export interface PageForm {
  readonly action: string;
  readonly csrfToken: string;
}

/** A form of one button. @param label says which one of several it is, to a screen reader */
export const button = ({ action, csrfToken }: PageForm, name: string, value: string, text: string, label = text): HtmlValue =>
  markup`<form method="post" action="${action}"><input type="hidden" name="_csrf" value="${csrfToken}"><button type="submit" name="${name}" value="${value}" aria-label="${label}">${text}</button></form>`;

export const plainButton = ({ action, csrfToken }: PageForm, text: string): HtmlValue =>
  markup`<form method="post" action="${action}"><input type="hidden" name="_csrf" value="${csrfToken}"><button type="submit">${text}</button></form>`;
