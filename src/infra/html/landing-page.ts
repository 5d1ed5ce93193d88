import { htmlDocument } from './document.ts';
import { type Html, markup } from './html.ts';
import { ICON_PATH, STYLESHEET_URL } from './look.ts';

/** What stands at the root of a server: what it is, and where to go on from there. */
export interface Landing {
  /** For example `passthru KMS`. */
  readonly product: string;
  /** A sentence. */
  readonly purpose: string;
  readonly links: readonly LandingLink[];
  /** A sentence for whoever meets the demo. */
  readonly demo?: string;
}

export interface LandingLink {
  /** Path on the same server. */
  readonly path: string;
  readonly title: string;
  /** What is found there, in a few words. */
  readonly about: string;
}

export const landingPage = ({ product, purpose, links, demo }: Landing): Html =>
  htmlDocument({
    title: product,
    icon: ICON_PATH,
    stylesheet: STYLESHEET_URL,
    content: markup`<h1>${product}</h1>
<p>${purpose}</p>
<ul class="links">
${links.map(({ path, title, about }) => markup`<li><a href="${path}">${title}</a><span>${about}</span></li>\n`)}</ul>
${demo !== undefined && markup`<p class="muted">${demo}</p>`}`,
  });
